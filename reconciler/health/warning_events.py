"""What goes wrong in a namespace, in the cluster's own words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from reconciler.errors import ApiError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.blocking_client import BlockingApiClient

MAX_EVENTS = 10
MAX_EVENT_CHARACTERS = 300


def warnings(client: BlockingApiClient, namespace: str, since: datetime) -> list[str]:
    """The last of them since a time, each once."""
    try:
        items = client.list(f"/api/v1/namespaces/{namespace}/events", fields="type=Warning").items
    except ApiError as e:
        if not e.status:
            raise
        return []  # whoever may not read them does without
    found = [(time, item) for item in items if (time := _time(item)) >= since]
    lines = [_line(item) for _, item in sorted(found, key=lambda pair: pair[0])]
    return list(dict.fromkeys(lines))[-MAX_EVENTS:]


def _time(item: Mapping[str, Any]) -> datetime:
    text = item.get("lastTimestamp") or item.get("eventTime") or ""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def _line(item: Mapping[str, Any]) -> str:
    about = item.get("involvedObject") or {}
    words = " ".join(str(item.get("message") or "").split())[:MAX_EVENT_CHARACTERS]
    return f"{about.get('kind')} {about.get('name')}: {item.get('reason')}: {words}"
