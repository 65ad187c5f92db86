"""What there is of a kind, and then all that becomes of it, however often a watch ends or fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from reconciler.cluster.api_client import ApiClient, Listing
from reconciler.cluster.api_errors import GONE, NOT_FOUND
from reconciler.cluster.watch import WatchEvent, WatchEventKind
from reconciler.errors import ApiError, ClusterError

PAUSE_SECONDS = 0.1  # a server that ends each watch at once is not asked all the time
TOO_NEW = 504  # it waits for a version that it lost with its disk, say


async def follow(
    client: ApiClient,
    path_of: Callable[[], Awaitable[str]],
    labels: str,
    pause_after: Callable[[int], float],
    *,
    metadata_only: bool = False,
) -> AsyncGenerator[Listing | WatchEvent | None, None]:
    """A listing whenever events may have been missed; nothing where the kind itself is missing.

    `pause_after` says how long to wait after a failure of that status, 0 where nobody answered.
    """
    since = ""
    while True:
        try:
            path = await path_of()
            if not since:
                listing = await client.list(path, labels=labels, metadata_only=metadata_only)
                yield listing
                since = listing.version
            async for event in client.watch(
                path, version=since, labels=labels, metadata_only=metadata_only
            ):
                since = event.version
                if event.kind is not WatchEventKind.bookmark:
                    yield event
        except ClusterError as e:
            status = e.status if isinstance(e, ApiError) else 0
            if status in (GONE, NOT_FOUND, TOO_NEW):
                since = ""
            if status == NOT_FOUND:
                yield None
            await asyncio.sleep(pause_after(status))
        else:
            await asyncio.sleep(PAUSE_SECONDS)
