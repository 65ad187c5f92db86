"""The frames that HTTP/2 consists of, and its numbers."""

from __future__ import annotations

from struct import Struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME = Struct(">HBBBI")  # of the length, first the upper 16 bits and then the lower 8
HEAD = 9
LARGEST_FRAME = 1 << 14
LARGEST_WINDOW = (1 << 31) - 1
FIRST_WINDOW = 65_535

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY = range(8)
WINDOW_UPDATE, CONTINUATION = 8, 9
END_STREAM, ACK, END_HEADERS, PADDED, WITH_PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
HEADER_TABLE_SIZE, CONCURRENT_STREAMS, INITIAL_WINDOW, MAX_FRAME = 1, 3, 4, 5
NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED = 0, 1, 3, 5
FRAME_SIZE_ERROR, REFUSED_STREAM, COMPRESSION_ERROR, TOO_MUCH = 6, 7, 9, 11


class BrokenFrame(Exception):
    """The peer does not speak HTTP/2, and the connection is of no use."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


def frame(kind: int, flags: int, number: int, payload: bytes = b"") -> bytes:
    return FRAME.pack(len(payload) >> 8, len(payload) & 0xFF, kind, flags, number) + payload


def reset(number: int, code: int) -> bytes:
    return frame(RST_STREAM, 0, number, code.to_bytes(4, "big"))


def unpadded(payload: bytes) -> bytes:
    if not payload or payload[0] >= len(payload):
        raise BrokenFrame(PROTOCOL_ERROR, "there is more padding than payload")
    return payload[1 : len(payload) - payload[0]]
