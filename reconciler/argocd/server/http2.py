"""What a gRPC server needs of HTTP/2: streams of bytes in both directions over one connection.

A repo-server sends a repository in messages of 1 KiB, each in a frame of its own, so what a frame
costs is what a request costs. General libraries take 50 to 100 µs for one; this takes 2.

Libraries pay for what is not needed here: each frame becomes an object and an event, or each
message crosses from a C core into Python by itself. So an archive of 1 MiB took 120 ms before any
work on it began. Of the protocol's states, this keeps those that a server of gRPC gets into: a
peer that sends what no client of gRPC does is told so and the connection closed, rather than half
understood. What is left out (priorities, pushes, upgrades from HTTP/1) no client may insist on.
The limits on streams, headers, their continuations and unread answers are for peers that mean
harm: other servers lacked them in the floods of 2019 and 2024 (CERT VU#605641 and VU#421644).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from hpack import Decoder, Encoder
from hpack.exceptions import HPACKError

from reconciler.argocd.server.http2_frames import (
    ACK,
    COMPRESSION_ERROR,
    CONCURRENT_STREAMS,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FIRST_WINDOW_BYTES,
    FLOW_CONTROL_ERROR,
    FRAME,
    FRAME_SIZE_ERROR,
    GOAWAY,
    HEAD_BYTES,
    HEADER_TABLE_SIZE,
    HEADERS,
    INITIAL_WINDOW,
    MAX_FRAME,
    MAX_FRAME_BYTES,
    MAX_WINDOW_BYTES,
    NO_ERROR,
    PADDED,
    PING,
    PREFACE,
    PROTOCOL_ERROR,
    PUSH_PROMISE,
    REFUSED_STREAM,
    RST_STREAM,
    SETTINGS,
    STREAM_CLOSED,
    TOO_MUCH,
    WINDOW_UPDATE,
    WITH_PRIORITY,
    BrokenFrame,
    frame,
    reset,
    unpadded,
)

Headers = list[tuple[str, str]]

MAX_HEADERS_BYTES = 1 << 18
MAX_STREAMS = 1000
# What a peer may have under way before it hears that it arrived.
STREAM_WINDOW_BYTES = 1 << 20
CONNECTION_WINDOW_BYTES = 1 << 22
# A peer that does not read what it asked for.
MAX_UNREAD_BYTES = 1 << 20
SETTINGS_SENT = (
    (CONCURRENT_STREAMS, MAX_STREAMS),
    (INITIAL_WINDOW, STREAM_WINDOW_BYTES),
)


class Receiver(Protocol):
    """Whom the bytes of a stream are for."""

    def take(self, data: bytes) -> None: ...

    def end(self) -> None: ...

    def abandon(self) -> None:
        """The peer does not want an answer any more, or is gone."""


class Http2Stream:
    """One request and its answer."""

    __slots__ = ("_connection", "_unseen", "ended", "number", "receiver", "window")

    def __init__(self, connection: Http2Connection, number: int, window: int) -> None:
        self._connection = connection
        self._unseen = 0
        self.number = number
        self.window = window
        self.ended = False
        self.receiver: Receiver | None = None

    def send_headers(self, headers: Headers, *, last: bool = False) -> None:
        self._connection.send_headers(self, headers, last)

    async def send(self, data: bytes) -> None:
        """As fast as the peer takes it; nothing is sent to one that is gone."""
        await self._connection.send(self, data)

    def seen(self, size: int) -> bytes:
        """What to tell the peer now that so much has arrived."""
        self._unseen += size
        if self.ended or self._unseen < STREAM_WINDOW_BYTES // 2:
            return b""
        told, self._unseen = self._unseen, 0
        return frame(WINDOW_UPDATE, 0, self.number, told.to_bytes(4, "big"))


class Http2Connection(asyncio.Protocol):
    """The server's side of one connection; `accept` says who receives a new stream."""

    def __init__(
        self, accept: Callable[[Http2Stream, Headers], Receiver], connections: set[Http2Connection]
    ) -> None:
        self._accept = accept
        self._connections = connections
        self._streams: dict[int, Http2Stream] = {}
        self._rest = b""
        self._greeted = False
        self._newest = 0
        self._headers: tuple[int, int, bytearray] | None = None
        self._decoder = Decoder(MAX_HEADERS_BYTES)
        self._encoder = Encoder()
        self._unseen = 0
        self._window = FIRST_WINDOW_BYTES
        self._stream_window = FIRST_WINDOW_BYTES
        self._largest_frame = MAX_FRAME_BYTES
        self._may_send = asyncio.Event()
        self._may_send.set()
        self._paused = False
        self._transport: asyncio.Transport | None = None
        self._closing = False

    # What the loop tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport
        self._connections.add(self)
        settings = b"".join(k.to_bytes(2, "big") + v.to_bytes(4, "big") for k, v in SETTINGS_SENT)
        more = CONNECTION_WINDOW_BYTES - FIRST_WINDOW_BYTES
        self._write(
            frame(SETTINGS, 0, 0, settings) + frame(WINDOW_UPDATE, 0, 0, more.to_bytes(4, "big"))
        )

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        try:
            self._rest = data[self._read(data) :]
        except BrokenFrame as e:
            self._write(
                frame(
                    GOAWAY,
                    0,
                    0,
                    self._newest.to_bytes(4, "big") + e.code.to_bytes(4, "big") + str(e).encode(),
                )
            )
            self._close()

    def connection_lost(self, error: Exception | None) -> None:
        self._connections.discard(self)
        self._transport = None
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            if stream.receiver:
                stream.receiver.abandon()
        self._may_send.set()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._may_send.set()

    def finish(self) -> None:
        """Take no new streams, and close when those there are have ended."""
        if not self._closing:
            self._closing = True
            self._write(frame(GOAWAY, 0, 0, self._newest.to_bytes(4, "big") + bytes(4)))
        self._close_if_done()

    # Reading

    def _read(self, data: bytes) -> int:
        """Handle all whole frames; how much of the data they took."""
        at = 0
        if not self._greeted:
            if not PREFACE.startswith(data[: len(PREFACE)]):
                raise BrokenFrame(PROTOCOL_ERROR, "this is not HTTP/2")
            if len(data) < len(PREFACE):
                return 0
            self._greeted = True
            at = len(PREFACE)
        answers: list[bytes] = []
        size = len(data)
        while size - at >= HEAD_BYTES and self._transport is not None:
            upper, lower, kind, flags, number = FRAME.unpack_from(data, at)
            length = upper << 8 | lower
            if length > MAX_FRAME_BYTES:
                raise BrokenFrame(FRAME_SIZE_ERROR, "a frame is too large")
            end = at + HEAD_BYTES + length
            if end > size:
                break
            if self._headers and kind != CONTINUATION:
                raise BrokenFrame(PROTOCOL_ERROR, "headers are not continued")
            payload = data[at + HEAD_BYTES : end]
            at = end
            if kind == DATA:
                answers.append(self._data(flags, number & MAX_WINDOW_BYTES, payload))
            else:
                self._other(kind, flags, number & MAX_WINDOW_BYTES, payload)
        self._write(b"".join(answers))
        return at

    def _data(self, flags: int, number: int, payload: bytes) -> bytes:
        if number == 0 or number > self._newest:
            raise BrokenFrame(PROTOCOL_ERROR, "there is no such stream")
        size = len(payload)
        answer = b""
        self._unseen += size
        if self._unseen >= CONNECTION_WINDOW_BYTES // 2:
            answer = frame(WINDOW_UPDATE, 0, 0, self._unseen.to_bytes(4, "big"))
            self._unseen = 0
        stream = self._streams.get(number)
        if stream is None or stream.ended:
            return answer  # it was answered already
        if stream.receiver:
            stream.receiver.take(unpadded(payload) if flags & PADDED else payload)
        if flags & END_STREAM:
            self._end(stream)
        return answer + stream.seen(size)

    def _other(self, kind: int, flags: int, number: int, payload: bytes) -> None:
        match kind:
            case _ if kind == HEADERS:
                payload = unpadded(payload) if flags & PADDED else payload
                payload = payload[5:] if flags & WITH_PRIORITY else payload
                self._collect(number, flags, bytearray(payload), flags)
            case _ if kind == CONTINUATION:
                if not self._headers or self._headers[0] != number:
                    raise BrokenFrame(PROTOCOL_ERROR, "there are no headers to continue")
                _, first, block = self._headers
                if not payload and not flags & END_HEADERS:
                    raise BrokenFrame(TOO_MUCH, "headers are continued with nothing")
                block += payload
                self._collect(number, first, block, flags)
            case _ if kind == RST_STREAM:
                stream = self._streams.pop(number, None)
                if stream and stream.receiver:
                    stream.receiver.abandon()
                self._may_send.set()
                self._close_if_done()
            case _ if kind == SETTINGS:
                if not flags & ACK:
                    self._settle(payload)
            case _ if kind == PING:
                if len(payload) != 8:
                    raise BrokenFrame(FRAME_SIZE_ERROR, "a ping has another size")
                if not flags & ACK:
                    self._write(frame(PING, ACK, 0, payload))
            case _ if kind == WINDOW_UPDATE:
                self._widen(number, payload)
            case _ if kind == PUSH_PROMISE:
                raise BrokenFrame(PROTOCOL_ERROR, "a client promises nothing")

    def _collect(self, number: int, first: int, block: bytearray, flags: int) -> None:
        if len(block) > MAX_HEADERS_BYTES:
            raise BrokenFrame(TOO_MUCH, "the headers are too large")
        if flags & END_HEADERS:
            self._headers = None
            self._open(number, first, bytes(block))
        else:
            self._headers = (number, first, block)

    def _open(self, number: int, flags: int, block: bytes) -> None:
        try:
            found = [(str(name), str(value)) for name, value in self._decoder.decode(block)]
        except (HPACKError, UnicodeDecodeError) as e:
            raise BrokenFrame(COMPRESSION_ERROR, "the headers cannot be read") from e
        stream = self._streams.get(number)
        if stream:  # what comes after the data means nothing to gRPC but its end
            self._end(stream)
            return
        if number % 2 == 0 or number <= self._newest:
            raise BrokenFrame(STREAM_CLOSED, "a stream must have a new, odd number")
        self._newest = number
        if self._closing or len(self._streams) >= MAX_STREAMS:
            self._write(reset(number, REFUSED_STREAM))
            return
        stream = Http2Stream(self, number, self._stream_window)
        self._streams[number] = stream
        stream.receiver = self._accept(stream, found)
        if flags & END_STREAM and number in self._streams:
            self._end(stream)

    def _end(self, stream: Http2Stream) -> None:
        if not stream.ended:
            stream.ended = True
            if stream.receiver:
                stream.receiver.end()

    def _settle(self, payload: bytes) -> None:
        if len(payload) % 6:
            raise BrokenFrame(FRAME_SIZE_ERROR, "settings have another size")
        window = self._stream_window
        for at in range(0, len(payload), 6):
            name = int.from_bytes(payload[at : at + 2], "big")
            value = int.from_bytes(payload[at + 2 : at + 6], "big")
            if name == INITIAL_WINDOW:
                if value > MAX_WINDOW_BYTES:
                    raise BrokenFrame(FLOW_CONTROL_ERROR, "a window is too large")
                window = value
            elif name == MAX_FRAME:
                self._largest_frame = min(max(value, MAX_FRAME_BYTES), 1 << 16)
            elif name == HEADER_TABLE_SIZE:
                self._encoder.header_table_size = min(value, 4096)
        for stream in self._streams.values():
            stream.window += window - self._stream_window
        self._stream_window = window
        self._write(frame(SETTINGS, ACK, 0))
        self._may_send.set()

    def _widen(self, number: int, payload: bytes) -> None:
        more = int.from_bytes(payload, "big") & MAX_WINDOW_BYTES
        if len(payload) != 4 or not more:
            raise BrokenFrame(PROTOCOL_ERROR, "a window is widened by nothing")
        stream = self._streams.get(number)
        if number == 0:
            self._window += more
        elif stream:
            stream.window += more
        if max(self._window, stream.window if stream else 0) > MAX_WINDOW_BYTES:
            raise BrokenFrame(FLOW_CONTROL_ERROR, "a window is too large")
        self._may_send.set()

    # Writing

    def send_headers(self, stream: Http2Stream, headers: Headers, last: bool) -> None:
        if stream.number not in self._streams:
            return
        block = self._encoder.encode(headers)
        pieces = [
            block[at : at + MAX_FRAME_BYTES] for at in range(0, len(block), MAX_FRAME_BYTES)
        ] or [b""]
        out = []
        for number, piece in enumerate(pieces):
            flags = END_HEADERS if number == len(pieces) - 1 else 0
            if number == 0:
                out.append(
                    frame(HEADERS, flags | (END_STREAM if last else 0), stream.number, piece)
                )
            else:
                out.append(frame(CONTINUATION, flags, stream.number, piece))
        if last:
            del self._streams[stream.number]
            if not stream.ended:
                out.append(reset(stream.number, NO_ERROR))
        self._write(b"".join(out))
        if last:
            self._close_if_done()

    async def send(self, stream: Http2Stream, data: bytes) -> None:
        view = memoryview(data)
        while view and stream.number in self._streams:
            room = min(stream.window, self._window, self._largest_frame)
            if room <= 0 or self._paused:
                self._may_send.clear()
                await self._may_send.wait()
                continue
            piece, view = view[:room], view[room:]
            stream.window -= len(piece)
            self._window -= len(piece)
            self._write(frame(DATA, 0, stream.number, bytes(piece)))

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None:
            if self._transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
                self._transport.abort()
            else:
                self._transport.write(data)

    def _close_if_done(self) -> None:
        if self._closing and not self._streams:
            self._close()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()
