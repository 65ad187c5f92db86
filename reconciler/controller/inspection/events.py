"""What a cluster tells of an app's objects and of what they made."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.api_errors import FORBIDDEN, NOT_FOUND
from reconciler.controller.inspection.live_objects import Unseen
from reconciler.controller.inspection.object_tree import TreeNode
from reconciler.errors import ApiError
from reconciler.kubernetes.access import Data, mapping, number, text
from reconciler.kubernetes.identity import Identity
from reconciler.text.json_object import JsonObject

# The same events by two names, of which somebody may be allowed only one.
PLACES = ("/api/v1/namespaces/{}/events", "/apis/events.k8s.io/v1/namespaces/{}/events")
OF_CLUSTER = "default"  # where those are of objects in no namespace
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ClusterEvent:
    identity: Identity
    uid: str
    type: str  # Normal or Warning
    reason: str
    message: str
    source: str  # who tells it
    first: datetime
    last: datetime
    count: int = 1


async def events_of(
    client: ApiClient, tree: Iterable[TreeNode]
) -> tuple[list[ClusterEvent], tuple[Unseen, ...]]:
    """Of all objects in a tree; the newest last."""
    nodes = list(tree)
    names = sorted({node.identity.namespace or OF_CLUSTER for node in nodes})
    found = await asyncio.gather(*(_listed(client, name) for name in names))
    told = [o for one in found if not isinstance(one, Unseen) for o in one]
    unseen = tuple(one for one in found if isinstance(one, Unseen))
    return joined(about(map(read_cluster_event, told), nodes)), unseen


def about(events: Iterable[ClusterEvent], nodes: Iterable[TreeNode]) -> Iterator[ClusterEvent]:
    """Those of these objects: by uid, and by name of what is there no more or was made anew."""
    nodes = list(nodes)
    uids = {node.uid for node in nodes if node.uid}
    names = {node.identity for node in nodes}
    return (event for event in events if event.uid in uids or event.identity in names)


def joined(events: Iterable[ClusterEvent]) -> list[ClusterEvent]:
    """What says the same of one object is one event, as often as it was told."""
    found: dict[tuple[Identity, str, str, str], ClusterEvent] = {}
    for event in events:
        key = event.identity, event.type, event.reason, event.message
        other = found.get(key)
        found[key] = (
            replace(
                event,
                first=min(event.first, other.first),
                last=max(event.last, other.last),
                count=event.count + other.count,
            )
            if other
            else event
        )
    return sorted(found.values(), key=lambda e: (e.last, e.identity))


def read_cluster_event(o: JsonObject) -> ClusterEvent:
    """In the words of core v1, or of events.k8s.io/v1."""
    object_ = mapping(o, "involvedObject") or mapping(o, "regarding")
    identity = Identity(
        text(object_, "apiVersion").rpartition("/")[0],
        *(text(object_, name) for name in ("kind", "namespace", "name")),
    )
    source = text(o, "source", "component") or text(o, "deprecatedSource", "component")
    single = text(o, "eventTime") or text(o, "metadata", "creationTimestamp")
    first = text(o, "firstTimestamp") or text(o, "deprecatedFirstTimestamp") or single
    last = (
        text(o, "series", "lastObservedTime")
        or text(o, "lastTimestamp")
        or text(o, "deprecatedLastTimestamp")
        or single
    )
    return ClusterEvent(
        identity,
        text(object_, "uid"),
        text(o, "type"),
        text(o, "reason"),
        text(o, "message") or text(o, "note"),
        source or text(o, "reportingComponent") or text(o, "reportingController"),
        _time(first),
        _time(last),
        _count(o),
    )


def _count(o: Data) -> int:
    counts = (number(o, "series", "count"), number(o, "count"), number(o, "deprecatedCount"))
    return next((n for n in counts if n), 1)


def _time(stamp: str) -> datetime:
    try:
        return datetime.fromisoformat(stamp)
    except ValueError:
        return LONG_AGO


async def _listed(client: ApiClient, namespace: str) -> tuple[JsonObject, ...] | Unseen:
    for place in PLACES:
        try:
            return (await client.list(place.format(namespace))).items
        except ApiError as e:
            if e.status not in (NOT_FOUND, FORBIDDEN):
                raise
    return Unseen("v1", "Event", namespace)
