"""One kind of a cluster, watched: what becomes of the objects that apps have of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.cluster.api_client import GONE, NOT_FOUND, ApiClient
from reconciler.cluster.ownership import owners_of
from reconciler.cluster.reconciled_apps import APP_LABEL
from reconciler.cluster.status.rules import WITHOUT_STATUS, status_of_object
from reconciler.cluster.status.state import HEALTHY
from reconciler.cluster.watch import WatchEventKind
from reconciler.controller.watched_objects import WatchedEvent, WatchedObjects
from reconciler.errors import ApiError, ClusterError
from reconciler.kubernetes.identity import Identity

AGAIN_SECONDS, MISSING_SECONDS = 2.0, 5.0  # a kind's definition may come late
PAUSE_SECONDS = 0.1  # a server that ends each watch at once is not asked all the time
TOO_NEW = 504  # it waits for a version that it lost with its disk, say

Heard = Callable[[WatchedEvent], None]


async def watch_kind(
    client: ApiClient,
    version: str,
    kind: str,
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
    since, was_missing = "", False

    def hear(event: WatchedEvent) -> None:
        live.take(event)
        heard(event)

    while True:
        try:
            path = await client.discovery.list_path(version, kind)
            if not since:
                listing = await client.list(path, labels=APP_LABEL, metadata_only=alone)
                there = [_event(version, kind, item) for item in listing.items]
                for event in [*live.gone(group, kind, (e.identity for e in there)), *there]:
                    hear(event)
                since = listing.version
                if was_missing:
                    was_missing = False
                    appeared()
            async for told in client.watch(
                path, version=since, labels=APP_LABEL, metadata_only=alone
            ):
                since = told.version
                if told.kind is not WatchEventKind.bookmark:
                    gone = told.kind is WatchEventKind.deleted
                    hear(_event(version, kind, told.object, is_gone=gone))
        except ClusterError as e:
            status = e.status if isinstance(e, ApiError) else 0
            was_missing = was_missing or status == NOT_FOUND
            if status in (GONE, NOT_FOUND, TOO_NEW):
                since = ""
            await asyncio.sleep(MISSING_SECONDS if status == NOT_FOUND else AGAIN_SECONDS)
        else:
            await asyncio.sleep(PAUSE_SECONDS)


def who_changed(metadata: Mapping[str, Any], manager: str) -> tuple[str, str]:
    """The manager that wrote last besides us and besides a status, and when."""
    others = [
        owner
        for owner in owners_of(metadata)
        if owner.manager != manager and owner.subresource != "status"
    ]
    last = max(others, key=lambda owner: owner.time, default=None)
    return (last.manager, last.time) if last else ("", "")


def _event(
    version: str, kind: str, found: Mapping[str, Any], *, is_gone: bool = False
) -> WatchedEvent:
    group, metadata = version.rpartition("/")[0], found["metadata"]
    identity = Identity(
        group, kind, str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
    )
    app = str((metadata.get("labels") or {}).get(APP_LABEL) or "")
    alone = (group, kind) in WITHOUT_STATUS
    whole = {**found, "apiVersion": version, "kind": kind}
    status = HEALTHY if alone else status_of_object(whole)
    return WatchedEvent(identity, app, metadata, is_gone, status)
