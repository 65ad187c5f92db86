"""What the containers of an app's pods say, and why some say nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from reconciler.cluster.api_client import ApiClient
from reconciler.controller.inspection.object_tree import TreeNode
from reconciler.errors import ApiError
from reconciler.kubernetes.access import items, text
from reconciler.kubernetes.identity import Identity

MAX_LOGS = 8  # read at once
FOLLOW_SECONDS = 24 * 60 * 60
LISTS = ("initContainer", "container", "ephemeralContainer")
LONG_AGO = datetime.min.replace(tzinfo=UTC)
NOT_YET = 400  # what a server answers of a container that has not begun


@dataclass(frozen=True, slots=True)
class LogSource:
    """A container of a pod; `waits` is the reason why it does not run."""

    pod: Identity
    container: str
    waits: str = ""

    def __str__(self) -> str:
        return f"{self.pod.name}/{self.container}"

    @property
    def path(self) -> str:
        namespace, name = (quote(part, safe="") for part in (self.pod.namespace, self.pod.name))
        return f"/api/v1/namespaces/{namespace}/pods/{name}/log"


@dataclass(frozen=True, slots=True)
class LogWish:
    """Which lines are wanted."""

    tail: int
    since: timedelta | None = None
    is_previous: bool = False  # of the container before the last restart

    def query(self, source: LogSource, *, follows: bool) -> dict[str, str]:
        seconds = int(self.since.total_seconds()) if self.since else 0
        return {
            "container": source.container,
            "timestamps": "true",
            "tailLines": str(self.tail),
            "sinceSeconds": str(max(seconds, 1)) if self.since else "",
            "previous": "true" if self.is_previous else "",
            "follow": "true" if follows else "",
        }


@dataclass(frozen=True, slots=True)
class LogLine:
    source: LogSource
    time: datetime
    text: str


@dataclass(frozen=True, slots=True)
class NoLog:
    """Of a container that has not begun there is none, and nothing is wrong with the asking."""

    source: LogSource
    error: ApiError

    @property
    def is_normal(self) -> bool:
        return self.error.status == NOT_YET

    @property
    def why(self) -> str:
        return self.source.waits if self.is_normal and self.source.waits else self.error.why


def log_sources(nodes: Iterable[TreeNode]) -> Iterator[LogSource]:
    for node in nodes:
        if (node.identity.group, node.identity.kind) != ("", "Pod") or node.object is None:
            continue
        for name in LISTS:
            waits = {
                text(status, "name"): text(status, "state", "waiting", "reason")
                for _, status in items(node.object, "status", f"{name}Statuses")
            }
            for _, container in items(node.object, "spec", f"{name}s"):
                called = text(container, "name")
                yield LogSource(node.identity, called, waits.get(called, ""))


async def read_logs(
    client: ApiClient, sources: Sequence[LogSource], wish: LogWish
) -> tuple[list[LogLine], list[NoLog]]:
    """Lines of all containers, in the order in which they were written."""
    free = asyncio.Semaphore(MAX_LOGS)
    found: list[LogLine] = []
    without: list[NoLog] = []

    async def read(source: LogSource) -> None:
        async with free:
            try:
                found.extend([line async for line in _lines(client, source, wish, follows=False)])
            except ApiError as e:
                without.append(NoLog(source, e))

    await asyncio.gather(*map(read, sources))
    return sorted(found, key=lambda line: line.time), without


async def follow_logs(
    client: ApiClient,
    sources: Sequence[LogSource],
    wish: LogWish,
    told: Callable[[LogLine | NoLog], None],
) -> None:
    """Each line when it comes, until all of the containers have ended."""

    async def follow(source: LogSource) -> None:
        try:
            async for line in _lines(client, source, wish, follows=True):
                told(line)
        except ApiError as e:
            told(NoLog(source, e))

    await asyncio.gather(*map(follow, sources))


async def _lines(
    client: ApiClient, source: LogSource, wish: LogWish, *, follows: bool
) -> AsyncIterator[LogLine]:
    time = LONG_AGO
    query = wish.query(source, follows=follows)
    async for line in client.text(source.path, query, seconds=FOLLOW_SECONDS * follows):
        stamp, _, said = line.partition(" ")
        try:
            time = datetime.fromisoformat(stamp)
        except ValueError:
            said = line  # written by something that knows no times
        yield LogLine(source, time, said)
