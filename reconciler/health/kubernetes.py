"""The cluster itself: all objects of the release are in it as Git says them, and well.

Whoever applied them wrote nothing down, so the objects are held against what the entry renders.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from reconciler.cluster.status.state import SEVERITY, ObjectState
from reconciler.errors import ClusterError
from reconciler.health.evidence import Evidence, HealthQuestion, unseen
from reconciler.health.live_copies import LiveCopy, live_copies
from reconciler.health.spans import joined
from reconciler.health.warning_events import warnings
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.text.markdown_lists import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.cluster.blocking_client import BlockingApiClient

NOT_WELL = {ObjectState.progressing: None, ObjectState.degraded: False}


def look(asked: HealthQuestion, environment: Environment, client: BlockingApiClient) -> Evidence:
    release = asked.release()
    try:
        copies = client.run(
            partial(live_copies, release=release, environment=environment, entry=asked.entry)
        )
    except RecursionError:
        raise ClusterError(f"{asked.entry} has an object that is too deep to be compared") from None
    if all(copy.is_unseen for copy in copies):
        return unseen(f"{asked.entry} has no object that could be looked at")
    return _evidence(copies, asked)


def complaints(
    environment: Environment, entry: Entry, client: BlockingApiClient, since: datetime
) -> list[str]:
    namespace = environment.destination.namespace_of(entry.app)
    return warnings(client, namespace, since) if namespace else []


def _evidence(copies: Sequence[LiveCopy], asked: HealthQuestion) -> Evidence:
    """Of the last stretch without interruption: of what was before, nobody knows."""
    unlike = [copy.unlike for copy in copies if copy.unlike]
    if unlike:
        more = f" ({len(unlike) - 1:,} more are not as in Git)" if unlike[1:] else ""
        hint = f"apply it: reconciler render {asked.entry} | kubectl apply -f -"
        return Evidence(None, f"the release is not applied: {unlike[0]}{more}", hint=hint)
    worst = max(copies, key=lambda copy: SEVERITY[copy.status.state])
    state = worst.status.state
    if state in NOT_WELL:
        said = f"the release is applied, but {worst.identity} is {state}: {worst.status.reason}"
        return Evidence(NOT_WELL[state], said, hint=_to_see(worst.identity))
    seen = [copy for copy in copies if not copy.is_unseen]
    said = f"the release is applied, and well: {count(len(seen), 'object')}"
    if hidden := len(copies) - len(seen):
        said += f"; {count(hidden, 'Secret')} may not be read"
    begin = max(asked.since, *(copy.since or asked.until for copy in seen))
    return Evidence(True, said, joined([(begin, asked.until)]))


def _to_see(identity: Identity) -> str:
    there = f" --namespace {identity.namespace}" if identity.namespace else ""
    return f"kubectl describe {identity.kind.lower()} {identity.name}{there}"
