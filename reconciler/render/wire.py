"""Frames between this process and the kernel: two lengths, a JSON header, a raw body."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

READ_BYTES = 1 << 16
PREFIX_BYTES = 8


def head(header: dict[str, Any], body: bytes) -> bytes:
    """What stands in a frame before its body, which may be large."""
    text = json.dumps(header, separators=(",", ":")).encode()
    return len(text).to_bytes(4, "big") + len(body).to_bytes(4, "big") + text


class Decoder:
    """Collects what comes in until whole frames can be handed out."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[dict[str, Any], bytes]]:
        self._buffer += data
        while len(self._buffer) >= PREFIX_BYTES:
            head = int.from_bytes(self._buffer[:4], "big")
            body = int.from_bytes(self._buffer[4:PREFIX_BYTES], "big")
            end = PREFIX_BYTES + head + body
            if len(self._buffer) < end:
                return
            with memoryview(self._buffer) as whole:
                header = json.loads(bytes(whole[PREFIX_BYTES : PREFIX_BYTES + head]))
                content = bytes(whole[PREFIX_BYTES + head : end])
            del self._buffer[:end]
            yield header, content
