"""What a proxy may do with a request instead of only sending it on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class Dropped(Exception):
    """The connection breaks without an answer."""


Send = Callable[[], Awaitable[Answer]]  # the request, to the real server
Fault = Callable[[Send], Awaitable[Answer]]


async def no_fault(send: Send) -> Answer:
    return await send()


async def never_sent(send: Send) -> Answer:
    raise Dropped


async def answer_lost(send: Send) -> Answer:
    """The server does it, and nobody hears of that."""
    await send()
    raise Dropped


def late(seconds: float) -> Fault:
    async def fault(send: Send) -> Answer:
        await asyncio.sleep(seconds)
        return await send()

    return fault


def refused(status: int, reason: str, message: str = "", **headers: str) -> Fault:
    """As API servers refuse; `Retry_After` in headers is Retry-After."""
    said = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": status}
    content = json.dumps({**said, "reason": reason, "message": message or reason}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def fault(send: Send) -> Answer:
        return Answer(status, content, {"Content-Type": "application/json", **named})

    return fault


async def too_old(send: Send) -> Answer:
    """A watch answers so, with 200, whose version the server has forgotten."""
    status = {"kind": "Status", "status": "Failure", "reason": "Expired", "code": 410}
    line = json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"
    return Answer(200, line, {"Content-Type": "application/json"})


def before(do: Callable[[], None]) -> Fault:
    """Something happens, and the request does not reach the server any more."""

    async def fault(send: Send) -> Answer:
        do()
        raise Dropped

    return fault


def after(do: Callable[[], None]) -> Fault:
    """Something happens once the server has done it."""

    async def fault(send: Send) -> Answer:
        await send()
        do()
        raise Dropped

    return fault
