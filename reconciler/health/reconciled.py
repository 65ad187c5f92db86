"""Our own `run`: what it shows of an app, as it is now and since when."""

from __future__ import annotations

from reconciler.cluster.reconciled_apps import APP, SYSTEM_NAMESPACE, app_key, path_of_app
from reconciler.cluster.status.state import condition
from reconciler.health.evidence import Evidence, HealthQuestion, unseen
from reconciler.health.ready_objects import ReadyObject, evidence_of, read, time_of
from reconciler.kubernetes.access import items, text
from reconciler.model.entry import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.blocking_client import BlockingApiClient

BROKEN = {"Degraded", "NotApplied", "Refused", "RolledBack"}


def look(asked: HealthQuestion, client: BlockingApiClient) -> Evidence:
    called = _called(asked.entry)
    found = read(client, path_of_app(asked.entry), called)
    if found is None:
        return unseen(
            f"there is no {called}", f"is reconciler run {asked.entry.environment} up, and seen?"
        )
    ready = condition(found, "Ready")
    return evidence_of(
        ReadyObject(
            called,
            text(found, "status", "commit"),
            ready,
            bool(ready and ready.reason in BROKEN),
            time_of(text(found, "status", "healthySince")),
            f"reconciler status {asked.entry}",
        ),
        asked,
    )


def complaints(entry: Entry, client: BlockingApiClient) -> list[str]:
    called = _called(entry)
    found = read(client, path_of_app(entry), called)
    if found is None:
        return [f"there is no {called}"]
    return [
        f"{text(o, 'kind')} {text(o, 'name')} is {text(o, 'state')}: {text(o, 'reason')}"
        for _, o in items(found, "status", "failing")
    ]


def _called(entry: Entry) -> str:
    return f"{APP} {SYSTEM_NAMESPACE}/{app_key(entry)}"
