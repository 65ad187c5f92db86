"""What happens to apps, as Events of the cluster: beside the app, and beside the object meant."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.reconciled_apps import APP, SYSTEM_NAMESPACE, VERSION, app_key
from reconciler.controller.app_event import AppEvent
from reconciler.errors import ClusterError
from reconciler.kubernetes.domain import DOMAIN
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry
from reconciler.text.json_object import JsonObject

MAX_WAITING = 1_000
MAX_NOTE = 1_000
REPEAT_SECONDS = 600.0  # the same is said again only after that
REMEMBERED = 5_000
EVENTS = "/apis/events.k8s.io/v1/namespaces"


UidOf = Callable[[Entry, Identity | None], str]  # of an object, or of the app itself


class EventWriter:
    """Of one cluster. What cannot be written is dropped: the log has it all."""

    def __init__(self, client: ApiClient, instance: str, uid_of: UidOf) -> None:
        self._client = client
        self._instance = instance
        self._uid_of = uid_of
        self._queue: asyncio.Queue[AppEvent] = asyncio.Queue(MAX_WAITING)
        self._said: OrderedDict[str, float] = OrderedDict()

    def tell(self, event: AppEvent) -> None:
        if not self._queue.full():
            self._queue.put_nowait(event)

    async def write_all(self) -> None:
        """Until it is cancelled."""
        while True:
            event = await self._queue.get()
            if self._is_news(event):
                await self._write(event, _app(event.entry), None)
                if event.object:
                    await self._write(event, _reference(event.object), event.object)

    def _is_news(self, event: AppEvent) -> bool:
        now = asyncio.get_running_loop().time()
        key = f"{event.entry} {event.what} {note(event)}"
        if now < self._said.get(key, -REPEAT_SECONDS) + REPEAT_SECONDS:
            return False
        self._said[key] = now
        self._said.move_to_end(key)
        while len(self._said) > REMEMBERED:
            self._said.popitem(last=False)
        return True

    async def _write(self, event: AppEvent, about: JsonObject, identity: Identity | None) -> None:
        if uid := self._uid_of(event.entry, identity):
            about["uid"] = uid
        namespace = str(about.get("namespace") or "default")
        now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        mark = sha256(f"{about} {event.what} {now}".encode()).hexdigest()[:16]
        body = {
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"name": f"{about['name'][:200]}.{mark}", "namespace": namespace},
            "eventTime": now,
            "reportingController": f"{DOMAIN}/run",
            "reportingInstance": self._instance,
            "action": "Sync",
            "reason": event.what.reason,
            "regarding": about,
            "note": note(event),
            "type": "Warning" if event.warns else "Normal",
        }
        try:
            await self._client.create(f"{EVENTS}/{namespace}/events", body)
        except ClusterError:
            return


def note(event: AppEvent) -> str:
    said = [event.what.value, *(f"{name}: {value}" for name, value in event.fields.items())]
    if event.error:
        said.append(event.error.in_a_line)
    return "; ".join(said)[:MAX_NOTE]


def _app(entry: Entry) -> JsonObject:
    return {
        "apiVersion": VERSION,
        "kind": APP,
        "namespace": SYSTEM_NAMESPACE,
        "name": app_key(entry),
    }


def _reference(identity: Identity) -> JsonObject:
    """Without a version, which an Event need not know."""
    version = f"{identity.group}/v1" if identity.group else "v1"
    found: JsonObject = {"apiVersion": version, "kind": identity.kind, "name": identity.name}
    if identity.namespace:
        found["namespace"] = identity.namespace
    return found
