"""What a watch tells."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reconciler.cluster.api_errors import nonsense, refusal


class WatchEventKind(StrEnum):
    added = "ADDED"
    modified = "MODIFIED"
    deleted = "DELETED"
    bookmark = "BOOKMARK"  # nothing happened, but the version is a newer one


@dataclass(frozen=True, slots=True)
class WatchEvent:
    kind: WatchEventKind
    object: Mapping[str, Any]

    @property
    def version(self) -> str:
        """Where to begin if the watch has to begin again."""
        return str(self.object["metadata"]["resourceVersion"])


def read_event(path: str, line: bytes) -> WatchEvent:
    """An error comes as an event, too: with 200, and the status that it should have inside."""
    try:
        event = json.loads(line)
        kind, found = event["type"], event["object"]
        if kind == "ERROR":
            raise refusal("WATCH", path, int(found.get("code") or 500), json.dumps(found).encode())
        return WatchEvent(WatchEventKind(kind), found)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise nonsense("WATCH", path, 200) from None


async def lines(pieces: AsyncIterable[bytes], *, keeps_empty: bool = False) -> AsyncIterator[bytes]:
    """However long: an object may have more than what readers of lines take."""
    begun: list[bytes] = []
    async for piece in pieces:
        first, *others = piece.split(b"\n")
        begun.append(first)
        for other in others:
            if (line := b"".join(begun)) or keeps_empty:
                yield line
            begun = [other]
    if line := b"".join(begun):
        yield line
