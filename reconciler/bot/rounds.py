"""Rounds of a bot: one at a time among its replicas, each with its log and its metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from reconciler.bot.log import fail, log, tell
from reconciler.bot.metrics import BotMetrics
from reconciler.bot.observe_round import Failed
from reconciler.bot.round import Happened
from reconciler.daemon.loop import Loop
from reconciler.errors import LockTaken, ReconcilerError

MAX_LEFT_SECONDS = 3600.0  # that others may keep it from working until that is a failure

OpenRound = Callable[[], AbstractContextManager[Iterable[Happened]]]


class Rounds:
    """`begin` opens a round, with the lock on the repository's promotions."""

    def __init__(self, begin: OpenRound, metrics: BotMetrics, interval: float) -> None:
        self._begin = begin
        self._metrics = metrics
        self._left_since: float | None = None
        self.loop = Loop(self.once, interval)

    def once(self) -> bool:
        """One round; did all of it go well?"""
        began, happened = time.monotonic(), list[Happened]()
        try:
            with self._begin() as events:
                for event in events:
                    tell(event)
                    happened.append(event)
                    if self.loop.stopping:
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
        if began - self._left_since > MAX_LEFT_SECONDS:
            fail("the lock", error)
            self._metrics.ended([], time.monotonic() - began, time.time(), well=False)
            return False
        log.info("another replica is at work", extra={"fields": {"holder": error.what}})
        self._metrics.left()
        return True
