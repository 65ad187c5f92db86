"""How the plugin shares out the memory that its container has."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from threading import Condition

from reconciler.errors import RenderTimeout

MIB = 1 << 20
LARGEST_KERNEL = 1024 * MIB
MOST_ARRIVING = 256 * MIB
MOST_UNPACKED = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Shares:
    """An eighth for each of five kernels and for unpacked archives, a sixteenth for packed ones.

    And of an answer, of which there are copies until it is sent, a 32nd.

    The kernels are the one that renders, the one that checks, and three for one render each. What
    is left is for Python itself, and for answers.
    """

    kernel: int
    unpacked: int
    arriving: int
    answer: int


def shares(memory: int) -> Shares:
    return Shares(
        kernel=min(LARGEST_KERNEL, memory // 8),
        unpacked=min(MOST_UNPACKED, memory // 8),
        arriving=min(MOST_ARRIVING, memory // 16),
        answer=memory // 32,
    )


@dataclass(eq=False, slots=True)
class MemoryClaim:
    """Bytes of a room, for as long as somebody holds this."""

    room: MemoryShares
    project: str
    size: int = 0

    def shrink(self, size: int) -> None:
        if size < self.size:
            less, self.size = self.size - size, size
            self.room.give_back(self.project, less)

    def __del__(self) -> None:
        self.room.give_back(self.project, self.size)


class MemoryShares:
    """So many bytes, which are given out in the order in which they are asked for.

    A project that has some gets more only up to half of it: its others do not keep anybody waiting.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._held: Counter[str] = Counter()
        self._waiting: list[tuple[str, int]] = []
        self._changed = Condition()

    def has(self, size: int) -> bool:
        """Would they be given out now?"""
        with self._changed:
            return not self._waiting and self._fits(size)

    def take(self, size: int, project: str, until: float) -> MemoryClaim:
        """Wait for them, but no longer than until then."""
        claim = MemoryClaim(self, project)
        me = (project, size)
        with self._changed:
            self._waiting.append(me)
            try:
                while self._next() is not me:
                    if not self._changed.wait(until - time.monotonic()):
                        raise RenderTimeout(
                            "the plugin had no memory for the repository within the request's time",
                            hint="large repositories arrive at once: send less of them"
                            " (manifest-generate-paths), or raise the memory limit",
                        )
                self._held[project] += size
                claim.size = size
            finally:
                self._waiting = [w for w in self._waiting if w is not me]
                self._changed.notify_all()
        return claim

    def give_back(self, project: str, size: int) -> None:
        with self._changed:
            self._held[project] -= size
            self._held += Counter()  # those that hold none are forgotten
            self._changed.notify_all()

    def _next(self) -> tuple[str, int] | None:
        for waiting in self._waiting:
            project, size = waiting
            has = self._held[project]
            if has and has + size > self.size // 2:
                continue
            return waiting if self._fits(size) else None
        return None

    def _fits(self, size: int) -> bool:
        return self._held.total() + size <= self.size
