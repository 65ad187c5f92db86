"""How the plugin shares out the memory that its container has."""

from __future__ import annotations

import time
from collections import deque
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


class Room:
    """So many bytes, which are given out in the order in which they are asked for."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._used = 0
        self._waiting: deque[object] = deque()
        self._changed = Condition()

    def has(self, size: int) -> bool:
        """Would they be given out now?"""
        with self._changed:
            return not self._waiting and self._used + size <= self.size

    def take(self, size: int, until: float) -> Claim:
        """Wait for them, but no longer than until then."""
        me = object()
        with self._changed:
            self._waiting.append(me)
            try:
                while self._waiting[0] is not me or self._used + size > self.size:
                    if not self._changed.wait(until - time.monotonic()):
                        raise RenderTimeout(
                            "the plugin had no memory for the repository within the request's time",
                            hint="large repositories arrive at once: send less of them"
                            " (manifest-generate-paths), or raise the memory limit",
                        )
                self._used += size
            finally:
                self._waiting.remove(me)
                self._changed.notify_all()
        return Claim(self, size)

    def give_back(self, size: int) -> None:
        with self._changed:
            self._used -= size
            self._changed.notify_all()


class Claim:
    """Bytes of a room, for as long as somebody holds this."""

    __slots__ = ("_room", "_size")

    def __init__(self, room: Room, size: int) -> None:
        self._room = room
        self._size = size

    def shrink(self, size: int) -> None:
        less, self._size = self._size - size, size
        self._room.give_back(less)

    def __del__(self) -> None:
        self._room.give_back(self._size)
