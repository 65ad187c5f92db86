"""HTTP for whoever comes, before anybody knows who that is: bounded in time, memory and number.

One request for each connection, on a thread of its own: it answers whatever else is busy. What it
does not understand it refuses.
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, Self

from reconciler.errors import UsageError

MAX_REQUEST_SECONDS = 10.0  # for one request, from its first byte to the last of its answer
MAX_CONNECTIONS = 64
MAX_BODIES_AT_ONCE = 8  # that are read at once
MAX_HEAD_BYTES = 16 << 10
END = b"\r\n\r\n"
VERSIONS = ("HTTP/1.0", "HTTP/1.1")
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
LENGTH = re.compile(r"[0-9]+")
MAX_LENGTH_DIGITS = 7  # more than any body has, and no work to read


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What comes before a body. Headers are by their names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HttpResponse:
    status: str
    body: bytes
    kind: str = "text/plain; charset=utf-8"

    def whole(self) -> bytes:
        head = (
            f"HTTP/1.1 {self.status}\r\nContent-Type: {self.kind}\r\n"
            f"Content-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + self.body


def text(status: str, said: str) -> HttpResponse:
    return HttpResponse(status, f"{said}\n".encode())


NOT_UNDERSTOOD = text("400 Bad Request", "this is not a request")
TOO_LATE = text("408 Request Timeout", "that took too long")
NO_LENGTH = text("411 Length Required", "say how long it is")
TOO_LARGE = text("413 Content Too Large", "too large")
HEAD_TOO_LARGE = text("431 Request Header Fields Too Large", "too many headers")
OUR_FAULT = text("500 Internal Server Error", "the log says what went wrong")
BUSY = text("503 Service Unavailable", "too many at once")


class Site(Protocol):
    """What is served. Its methods are quick, for all wait for them."""

    @property
    def max_body_bytes(self) -> int: ...

    def refuse(self, request: HttpRequest) -> HttpResponse | None:
        """By what can be told before anything of a body is read."""

    def answer(self, request: HttpRequest, body: bytes) -> HttpResponse: ...


class HttpServer:
    """Takes its port when it is made, and serves while it is entered."""

    def __init__(self, address: str, site: Site, log: logging.Logger, option: str) -> None:
        """`option` is what somebody can name another address in."""
        self._site = site
        self._log = log
        self._socket = _listening(address, option)
        self.port: int = self._socket.getsockname()[1]
        self._connections = 0
        self._bodies = 0
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop.set_exception_handler(self._failed)
        server = await asyncio.start_server(
            self._connected, sock=self._socket, limit=MAX_HEAD_BYTES
        )
        await self._ended.wait()
        server.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._connections >= MAX_CONNECTIONS:
            writer.write(BUSY.whole())
            writer.close()
            return
        self._connections += 1
        try:
            with suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(MAX_REQUEST_SECONDS):
                    await self._converse(reader, writer)
        finally:
            self._connections -= 1
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        response = await self.respond(reader)
        if response is None:
            return
        writer.write(response.whole())
        writer.write_eof()
        while await reader.read(MAX_HEAD_BYTES):  # else the answer would be lost with the rest
            pass

    async def respond(self, reader: asyncio.StreamReader) -> HttpResponse | None:
        """None if it ended before it was whole."""
        try:
            async with asyncio.timeout(MAX_REQUEST_SECONDS * 0.9):
                return await self._respond(reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        except TimeoutError:
            return TOO_LATE
        except asyncio.LimitOverrunError:
            return HEAD_TOO_LARGE
        except Exception:
            self._log.exception("a request could not be answered")
            return OUR_FAULT

    async def _respond(self, reader: asyncio.StreamReader) -> HttpResponse:
        request = read_head(await reader.readuntil(END))
        if request is None:
            return NOT_UNDERSTOOD
        refused = self._site.refuse(request)
        if refused or request.method != "POST":
            return refused or self._site.answer(request, b"")
        length = request.headers.get("content-length", "")
        if "transfer-encoding" in request.headers or not LENGTH.fullmatch(length):
            return NO_LENGTH
        if len(length) > MAX_LENGTH_DIGITS or int(length) > self._site.max_body_bytes:
            return TOO_LARGE
        if self._bodies >= MAX_BODIES_AT_ONCE:
            return BUSY
        self._bodies += 1
        try:
            return self._site.answer(request, await reader.readexactly(int(length)))
        finally:
            self._bodies -= 1

    def _failed(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Of the loop itself, which has no room for one more connection, say."""
        self._log.warning(context.get("message", "HTTP"), exc_info=context.get("exception"))


def read_head(head: bytes) -> HttpRequest | None:
    """The first line and the headers; a header that comes twice has both values, as RFC 9110 says.

    None if it is none.
    """
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or words[2] not in VERSIONS or not NAME.fullmatch(words[0]):
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, found, value = line.partition(":")
        if not found or not NAME.fullmatch(name):
            return None
        key, value = name.lower(), value.strip(" \t")
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return HttpRequest(words[0], words[1].partition("?")[0], headers)


def _listening(address: str, option: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    if not (port.isascii() and port.isdigit()):
        raise UsageError(f"{address} is not an address", hint="write HOST:PORT")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, int(port)), family=family, backlog=MAX_CONNECTIONS)
    except (OSError, OverflowError) as e:
        raise UsageError(
            f"nothing can listen on {address}", why=str(e), hint=f"name another in {option}"
        ) from e
