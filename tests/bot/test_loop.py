"""What a bot makes of a round that it could not begin."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from reconciler.bot import loop as looping
from reconciler.bot.loop import Loop
from reconciler.bot.metrics import BotMetrics
from reconciler.bot.round import Happened
from reconciler.errors import LockTaken


class Rounds:
    """Left to another replica for as long as that is `taken`."""

    def __init__(self) -> None:
        self.taken = True
        self.metrics = BotMetrics("test")
        self.loop = Loop(self._begin, self.metrics, 60)

    @contextmanager
    def _begin(self) -> Iterator[Iterable[Happened]]:
        if self.taken:
            raise LockTaken("bot-7 (1) is writing promotions in this repository")
        yield []

    def count(self, outcome: str) -> float:
        found = self.metrics.registry.get_sample_value("promote_rounds_total", {"outcome": outcome})
        assert found is not None
        return found


def test_a_round_that_another_replica_has_is_none_of_ours() -> None:
    rounds = Rounds()
    assert rounds.loop.once()
    assert (rounds.count("left"), rounds.count("failed")) == (1, 0)


def test_one_that_others_have_for_ever_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = Rounds()
    assert rounds.loop.once()
    clock = time.monotonic() + looping.LONG + 1
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    assert not rounds.loop.once()
    assert (rounds.count("left"), rounds.count("failed")) == (1, 1)
    rounds.taken = False
    assert rounds.loop.once()
    rounds.taken = True
    assert rounds.loop.once(), "it counts from the last round that was done"
