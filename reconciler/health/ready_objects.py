"""An object that says of itself which commit it has, and whether that is ready."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reconciler.cluster.api_errors import FORBIDDEN
from reconciler.cluster.status.state import Condition
from reconciler.errors import ApiError
from reconciler.health.evidence import Evidence, HealthQuestion, of_another_release
from reconciler.health.spans import joined
from reconciler.text.json_object import JsonObject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.blocking_client import BlockingApiClient


@dataclass(frozen=True, slots=True)
class ReadyObject:
    """`called` is how people call it; `since` is from when on it has been ready."""

    called: str
    commit: str
    ready: Condition | None
    is_broken: bool  # and not just on its way
    since: datetime | None
    hint: str


def evidence_of(found: ReadyObject, asked: HealthQuestion) -> Evidence:
    """What counts is the last stretch without interruption: of what was before, nobody knows."""
    at = f"{found.called} is at {found.commit[:10] or 'no commit'}"
    if other := of_another_release(asked, found.commit, at, found.hint):
        return other
    if found.ready is None:
        return Evidence(None, f"{at}, and does not say yet whether that is ready")
    if found.ready.is_true:
        begin = max(asked.since, found.since or asked.until)
        return Evidence(True, f"{at}, and ready", joined([(begin, asked.until)]))
    said = f"{at}, and not ready: {found.ready.reason}, {found.ready.message}".rstrip(", ")
    return Evidence(False if found.is_broken else None, said, hint=found.hint)


def read(client: BlockingApiClient, path: str, called: str) -> JsonObject | None:
    try:
        return client.get(path)
    except ApiError as e:
        if e.status == FORBIDDEN:
            raise ApiError(
                f"you may not read {called}", status=e.status, hint="ask for get on its kind"
            ) from e
        raise


def time_of(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
