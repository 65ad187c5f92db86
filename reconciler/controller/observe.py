"""What is in a cluster of an app: names and owners, and never what a Secret holds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.discovery import Discovery
from reconciler.cluster.ownership import own_digest
from reconciler.controller.desired import APP_LABEL
from reconciler.controller.sync_plan import SeenObject
from reconciler.errors import ApiError
from reconciler.kubernetes.identity import Identity

MAX_LISTS = 8  # under way at once


async def observed(
    client: ApiClient,
    discovery: Discovery,
    kinds: Iterable[tuple[str, str]],
    app: str,
    manager: str,
) -> dict[Identity, SeenObject]:
    """The objects with the app's label, of these kinds (apiVersion and kind)."""
    free = asyncio.Semaphore(MAX_LISTS)

    async def one(version: str, kind: str) -> list[tuple[Identity, SeenObject]]:
        async with free:
            try:
                path = await discovery.list_path(version, kind)
            except ApiError as e:
                if e.status != 404:
                    raise
                return []  # a kind that is not there has no objects
            listing = await client.list(path, labels=f"{APP_LABEL}={app}", metadata_only=True)
            group = version.rpartition("/")[0]
            return [_seen(group, kind, item["metadata"], manager) for item in listing.items]

    found = await asyncio.gather(*(one(*kind) for kind in sorted(set(kinds))))
    return dict(pair for pairs in found for pair in pairs)


def _seen(
    group: str, kind: str, metadata: dict[str, object], manager: str
) -> tuple[Identity, SeenObject]:
    identity = Identity(group, kind, str(metadata.get("namespace") or ""), str(metadata["name"]))
    return identity, SeenObject(
        str(metadata["uid"]),
        str(metadata["resourceVersion"]),
        own_digest(metadata, manager),
        "deletionTimestamp" in metadata,
    )
