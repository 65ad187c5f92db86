"""Rounds, one after the other: at intervals, and soon after a forge says that there is news."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from reconciler.bot.log import fail, log, tell
from reconciler.bot.metrics import BotMetrics
from reconciler.bot.observe_round import Failed
from reconciler.bot.round import Happened
from reconciler.errors import LockTaken, ReconcilerError

# What happens together is gone through together.
SETTLING = 1.0
LONG = 3600.0  # that others may keep it from working until that is a failure

OpenRound = Callable[[], AbstractContextManager[Iterable[Happened]]]


class Loop:
    """`begin` opens a round, with the lock on the repository's promotions."""

    def __init__(self, begin: OpenRound, metrics: BotMetrics, interval: float) -> None:
        self._begin = begin
        self._metrics = metrics
        self._interval = interval
        self._told = threading.Event()
        self._stopping = threading.Event()
        self._left_since: float | None = None

    def wake(self) -> None:
        self._told.set()

    def stop(self) -> None:
        """After what is being done; nothing is left half done, and a kill would do no harm."""
        self._stopping.set()
        self._told.set()

    def ready(self) -> str:
        return "the bot is stopping" if self._stopping.is_set() else ""

    def run(self) -> None:
        while not self._stopping.is_set():
            self.once()
            self._told.wait(self._interval)
            if self._told.is_set() and not self._stopping.is_set():
                self._stopping.wait(SETTLING)
            self._told.clear()

    def once(self) -> bool:
        """One round; did all of it go well?"""
        began, happened = time.monotonic(), list[Happened]()
        try:
            with self._begin() as events:
                for event in events:
                    tell(event)
                    happened.append(event)
                    if self._stopping.is_set():
                        break
        except LockTaken as e:
            return self._left(e, began)
        except ReconcilerError as e:
            fail("the round", e)
            self._metrics.ended(happened, time.monotonic() - began, time.time(), well=False)
            return False
        self._left_since = None
        self._metrics.ended(happened, time.monotonic() - began, time.time(), well=True)
        return not any(isinstance(event, Failed) for event in happened)

    def _left(self, error: LockTaken, began: float) -> bool:
        """To another replica; but no round of a bot goes on for ever."""
        self._left_since = self._left_since or began
        if began - self._left_since > LONG:
            fail("the lock", error)
            self._metrics.ended([], time.monotonic() - began, time.time(), well=False)
            return False
        log.info("another replica is at work", extra={"fields": {"holder": error.what}})
        self._metrics.left()
        return True
