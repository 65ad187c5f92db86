"""Which app is next: each waits at most once, and is in the hands of one worker at a time."""

from __future__ import annotations

import asyncio
from typing import Generic, TypeVar

FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 5.0, 300.0

T = TypeVar("T")


class DueApps(Generic[T]):
    def __init__(self) -> None:
        self._queue: asyncio.Queue[T] = asyncio.Queue()
        self._waiting: set[T] = set()
        self._busy: set[T] = set()
        self._later: dict[T, asyncio.TimerHandle] = {}

    def add(self, one: T) -> None:
        """What becomes due while it is worked on comes again after that."""
        self.cancel(one)
        if one in self._waiting:
            return
        self._waiting.add(one)
        if one not in self._busy:
            self._queue.put_nowait(one)

    def add_later(self, one: T, seconds: float) -> None:
        """Unless it is due before; of two times, the sooner counts."""
        loop = asyncio.get_running_loop()
        known = self._later.get(one)
        if one in self._waiting or (known and known.when() <= loop.time() + seconds):
            return
        self.cancel(one)
        self._later[one] = loop.call_later(seconds, self.add, one)

    def cancel(self, one: T) -> None:
        if timer := self._later.pop(one, None):
            timer.cancel()

    async def next(self) -> T:
        one = await self._queue.get()
        self._waiting.discard(one)
        self._busy.add(one)
        return one

    def done(self, one: T) -> None:
        self._busy.discard(one)
        if one in self._waiting:
            self._queue.put_nowait(one)

    @property
    def busy(self) -> frozenset[T]:
        """What is worked on."""
        return frozenset(self._busy)

    def stop(self) -> None:
        for one in [*self._later]:
            self.cancel(one)


def retry_seconds(failures: int) -> float:
    """Soon at first, then more and more seldom."""
    return min(FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 10), LAST_RETRY_SECONDS)
