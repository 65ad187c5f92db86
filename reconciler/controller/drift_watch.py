"""One kind of a cluster, watched: whose fields of ours somebody changed, and who did."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.cluster.api_client import GONE, ApiClient
from reconciler.cluster.ownership import owners_of
from reconciler.cluster.watch import WatchEventKind
from reconciler.controller.desired import APP_LABEL
from reconciler.errors import ApiError, ClusterError
from reconciler.kubernetes.identity import Identity

AGAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """What became of an object with our label; `metadata` is the last that was seen of it."""

    identity: Identity
    app: str
    metadata: Mapping[str, Any]
    is_gone: bool


Heard = Callable[[LiveEvent], None]


async def watch_kind(client: ApiClient, version: str, kind: str, heard: Heard) -> None:
    """Until it is cancelled. What is there at the beginning is heard too, so nothing is missed."""
    group = version.rpartition("/")[0]
    since = ""
    while True:
        try:
            path = await client.discovery.list_path(version, kind)
            if not since:
                listing = await client.list(path, labels=APP_LABEL, metadata_only=True)
                for item in listing.items:
                    heard(_event(group, kind, item["metadata"], is_gone=False))
                since = listing.version
            async for event in client.watch(
                path, version=since, labels=APP_LABEL, metadata_only=True
            ):
                since = event.version
                if event.kind is not WatchEventKind.bookmark:
                    gone = event.kind is WatchEventKind.deleted
                    heard(_event(group, kind, event.object["metadata"], is_gone=gone))
        except ClusterError as e:
            if isinstance(e, ApiError) and e.status == GONE:
                since = ""
                continue
            await asyncio.sleep(AGAIN_SECONDS)


def who_changed(metadata: Mapping[str, Any], manager: str) -> tuple[str, str]:
    """The manager that wrote last besides us and besides a status, and when."""
    others = [
        owner
        for owner in owners_of(metadata)
        if owner.manager != manager and owner.subresource != "status"
    ]
    last = max(others, key=lambda owner: owner.time, default=None)
    return (last.manager, last.time) if last else ("", "")


def _event(group: str, kind: str, metadata: Mapping[str, Any], *, is_gone: bool) -> LiveEvent:
    identity = Identity(
        group, kind, str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
    )
    app = str((metadata.get("labels") or {}).get(APP_LABEL) or "")
    return LiveEvent(identity, app, metadata, is_gone)
