"""One kind of a cluster, watched: what becomes of the objects that apps have of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from reconciler.cluster.api_client import ApiClient, Listing
from reconciler.cluster.api_errors import NOT_FOUND
from reconciler.cluster.follow import follow
from reconciler.cluster.ownership import owners_of
from reconciler.cluster.reconciled_apps import APP_LABEL
from reconciler.cluster.status.rules import WITHOUT_STATUS
from reconciler.cluster.status.state import HEALTHY, LiveObject, ObjectStatus
from reconciler.cluster.status.status_rules import StatusRules
from reconciler.cluster.watch import WatchEvent, WatchEventKind
from reconciler.controller.watching.watched_objects import WatchedEvent, WatchedObjects
from reconciler.kubernetes.identity import Identity

AGAIN_SECONDS, MISSING_SECONDS = 2.0, 5.0  # a kind's definition may come late

Heard = Callable[[WatchedEvent], None]


async def watch_kind(
    client: ApiClient,
    version: str,
    kind: str,
    rules: StatusRules,
    live: WatchedObjects,
    heard: Heard,
    appeared: Callable[[], None],
) -> None:
    """Until it is cancelled. What is there at the beginning is heard too, so nothing is missed.

    `appeared` is told when the cluster knows a kind that it did not know before.

    Where an object has nothing to tell, and of Secrets anyway, only the metadata is asked for.
    """
    group = version.rpartition("/")[0]
    alone = (group, kind) in WITHOUT_STATUS
    was_missing = False

    def hear(event: WatchedEvent) -> None:
        live.take(event)
        heard(event)

    async def judged(found: Sequence[LiveObject]) -> list[WatchedEvent]:
        whole = [{**o, "apiVersion": version, "kind": kind} for o in found]
        statuses = [HEALTHY] * len(whole) if alone else await rules.of(whole)
        return [_event(group, kind, o, status) for o, status in zip(whole, statuses, strict=True)]

    path_of = partial(client.discovery.list_path, version, kind)
    async for told in follow(client, path_of, APP_LABEL, _pause_after, metadata_only=alone):
        match told:
            case None:
                was_missing = True
            case Listing():
                there = await judged(told.items)
                for event in [*live.gone(group, kind, (e.identity for e in there)), *there]:
                    hear(event)
                if was_missing:
                    was_missing = False
                    appeared()
            case WatchEvent():
                (event,) = await judged([told.object])
                hear(replace(event, is_gone=told.kind is WatchEventKind.deleted))


def _pause_after(status: int) -> float:
    return MISSING_SECONDS if status == NOT_FOUND else AGAIN_SECONDS


def who_changed(metadata: Mapping[str, Any], manager: str) -> tuple[str, str]:
    """The manager that wrote last besides us and besides a status, and when."""
    others = [
        owner
        for owner in owners_of(metadata)
        if owner.manager != manager and owner.subresource != "status"
    ]
    last = max(others, key=lambda owner: owner.time, default=None)
    return (last.manager, last.time) if last else ("", "")


def _event(group: str, kind: str, found: LiveObject, status: ObjectStatus) -> WatchedEvent:
    metadata = found["metadata"]
    identity = Identity(
        group, kind, str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
    )
    app = str((metadata.get("labels") or {}).get(APP_LABEL) or "")
    return WatchedEvent(identity, app, metadata, is_gone=False, status=status)
