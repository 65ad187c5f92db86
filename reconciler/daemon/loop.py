"""Rounds of work, one after the other: at intervals, and soon after somebody says there is news."""

from __future__ import annotations

import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# What happens together is gone through together.
SETTLE_SECONDS = 1.0


class Loop:
    """`work` is one round; it asks `stopping` where it can end early."""

    def __init__(self, work: Callable[[], object], interval: float) -> None:
        self._work = work
        self._interval = interval
        self._told = threading.Event()
        self._stopping = threading.Event()

    def wake(self) -> None:
        self._told.set()

    def stop(self) -> None:
        """After what is being done; nothing is left half done, and a kill would do no harm."""
        self._stopping.set()
        self._told.set()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def ready(self) -> str:
        """Why it is not, for a probe."""
        return "the process is stopping" if self.stopping else ""

    def run(self) -> None:
        while not self.stopping:
            self._work()
            self._told.wait(self._interval)
            if self._told.is_set() and not self.stopping:
                self._stopping.wait(SETTLE_SECONDS)
            self._told.clear()
