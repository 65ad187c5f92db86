"""gRPC over HTTP/2: messages, deadlines and statuses, for methods that answer with one message."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Protocol
from urllib.parse import quote

from reconciler.argocd.server.http2 import Headers, Http2Stream

BEGINNING: Headers = [(":status", "200"), ("content-type", "application/grpc")]
# Of a request: a repository comes in pieces of 1 KiB, after what it is about; that holds parameters
# twice, and an Application with all of them has 1.5 MiB at most.
LARGEST_MESSAGE = 4 << 20
LONGEST_TEXT = 8000
# So much before the client stops waiting, it is told why there is no answer.
TO_SAY_SO = 0.1
TIMEOUT = re.compile(r"(\d{1,8})([HMSmun])")
UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


class Code(IntEnum):
    """How a call ended, with the numbers and names of gRPC."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14


class Refused(Exception):
    """A call that ends without an answer."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Handler(Protocol):
    """What one call does: it takes messages as they come, and answers when there are no more."""

    def take(self, message: bytes) -> None: ...

    def hold(self, size: int) -> None:
        """So many bytes more, or fewer, wait in memory for the rest of their message."""

    async def answer(self) -> bytes: ...

    def stop(self) -> None:
        """Nobody waits for the answer any more."""

    def ended(self, code: Code, text: str) -> None:
        """The last that happens to a call, however it ends."""


Methods = Mapping[str, Callable[[float], Handler]]


class Call:
    """One call, from its headers to its status."""

    __slots__ = ("_began", "_buffer", "_handler", "_refused", "_stream", "_task", "_timer")

    def __init__(self, stream: Http2Stream, handler: Handler, seconds: float) -> None:
        self._stream = stream
        self._handler: Handler | None = handler
        self._began = False
        self._buffer = bytearray()
        self._refused: Refused | None = None
        self._task: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(seconds, self._expire)

    # The receiver of the stream

    def take(self, data: bytes) -> None:
        """What is sent to a call that has failed is dropped: clients listen when they are done."""
        if self._refused or self._handler is None:
            return
        try:
            if self._buffer:
                self._buffer += data
                self._handler.hold(len(data))
                if len(self._buffer) < 5 or len(self._buffer) - 5 < _length(self._buffer):
                    return
                data = bytes(self._buffer)
                self._drop()
            at = 0
            while len(data) - at >= 5:
                end = at + 5 + _length(data, at)
                if end > len(data):
                    break
                self._handler.take(data[at + 5 : end])
                at = end
            if at < len(data):
                self._handler.hold(len(data) - at)
                self._buffer += data[at:]
        except Refused as e:
            self._refused = e
            self._drop()

    def _drop(self) -> None:
        if self._handler:
            self._handler.hold(-len(self._buffer))
        self._buffer = bytearray()

    def end(self) -> None:
        if self._handler is None:
            return
        if self._buffer and not self._refused:
            self._refused = Refused(Code.INVALID_ARGUMENT, "the last message is cut off")
        if self._refused:
            self._finish(self._refused.code, self._refused.text)
        else:
            self._task = asyncio.get_running_loop().create_task(self._answer(self._handler))

    def abandon(self) -> None:
        self._finish(Code.CANCELLED, "the client went away")

    # The answer

    async def _answer(self, handler: Handler) -> None:
        try:
            answer = await handler.answer()
        except Refused as e:
            self._finish(e.code, e.text)
            return
        except Exception as e:  # a fault of ours must not leave the client waiting
            asyncio.get_running_loop().call_exception_handler(
                {"message": "a fault of the plugin", "exception": e}
            )
            self._finish(Code.INTERNAL, f"{type(e).__name__} in the plugin itself; see its log")
            return
        self._began = True
        self._stream.send_headers(BEGINNING)
        await self._stream.send(b"\0" + len(answer).to_bytes(4, "big"))
        await self._stream.send(answer)
        self._finish(Code.OK, "")

    def _expire(self) -> None:
        self._finish(Code.DEADLINE_EXCEEDED, "the plugin did not finish within the request's time")

    def _finish(self, code: Code, text: str) -> None:
        handler, self._handler = self._handler, None
        if handler is None:
            return
        self._timer.cancel()
        self._buffer = bytearray()
        if self._task and code in (Code.CANCELLED, Code.DEADLINE_EXCEEDED):
            handler.stop()
            self._task.cancel()
        try:
            handler.ended(code, text)  # first: who has the answer finds it counted and logged
        finally:
            self._stream.send_headers(status(code, text, began=self._began), last=True)


def _length(data: bytes | bytearray, at: int = 0) -> int:
    """Of the message that begins there."""
    if data[at]:
        raise Refused(Code.UNIMPLEMENTED, "messages must not be compressed")
    length = int.from_bytes(data[at + 1 : at + 5], "big")
    if length > LARGEST_MESSAGE:
        raise Refused(Code.RESOURCE_EXHAUSTED, "a message is larger than 4 MiB")
    return length


class Immediate:
    """The receiver of a stream that is answered before anything is read from it."""

    def take(self, data: bytes) -> None:
        pass

    def end(self) -> None:
        pass

    def abandon(self) -> None:
        pass


def accept(
    methods: Methods, longest: float, stream: Http2Stream, headers: Headers
) -> Call | Immediate:
    """Begin a call, if there is such a method."""
    fields = dict(headers)
    method = methods.get(fields.get(":path", ""))
    if fields.get(":method") != "POST" or not fields.get("content-type", "").startswith(
        "application/grpc"
    ):
        stream.send_headers([(":status", "415")], last=True)
        return Immediate()
    if method is None:
        text = f"there is no method {fields.get(':path', '')}"
        stream.send_headers(status(Code.UNIMPLEMENTED, text), last=True)
        return Immediate()
    seconds = min(seconds_in(fields.get("grpc-timeout", "")) - TO_SAY_SO, longest)
    return Call(stream, method(seconds), max(seconds, 0.0))


def seconds_in(timeout: str) -> float:
    """What the header says; without one there is no limit."""
    found = TIMEOUT.fullmatch(timeout)
    return int(found[1]) * UNITS[found[2]] if found else float("inf")


def status(code: Code, text: str = "", *, began: bool = False) -> Headers:
    """The headers that end a call, whether or not any went before."""
    fields = [("grpc-status", str(int(code)))]
    if text:
        fields.append(("grpc-message", quote(text[:LONGEST_TEXT], safe=" !#$&'()*+,/:;=?@[]<>")))
    if began:
        return fields
    return [*BEGINNING, *fields]
