"""What a bot makes of a round that it could not begin."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest

from reconciler.bot import rounds as bot_rounds
from reconciler.bot.metrics import BotMetrics
from reconciler.bot.round import Happened
from reconciler.bot.rounds import Rounds
from reconciler.errors import LockTaken


class Replica:
    """Left to another replica for as long as that is `taken`."""

    def __init__(self) -> None:
        self.taken = True
        self.metrics = BotMetrics("test")
        self.rounds = Rounds(self._begin, self.metrics, 60)

    @contextmanager
    def _begin(self) -> Iterator[Iterable[Happened]]:
        if self.taken:
            raise LockTaken("bot-7 (1) is writing promotions in this repository")
        yield []

    def count(self, outcome: str) -> float:
        found = self.metrics.registry.get_sample_value(
            "reconciler_bot_rounds_total", {"outcome": outcome}
        )
        assert found is not None
        return found


def test_a_round_that_another_replica_has_is_none_of_ours() -> None:
    replica = Replica()
    assert replica.rounds.once()
    assert (replica.count("left"), replica.count("failed")) == (1, 0)


def test_one_that_others_have_for_ever_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    replica = Replica()
    assert replica.rounds.once()
    clock = time.monotonic() + bot_rounds.MAX_LEFT_SECONDS + 1
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    assert not replica.rounds.once()
    assert (replica.count("left"), replica.count("failed")) == (1, 1)
    replica.taken = False
    assert replica.rounds.once()
    replica.taken = True
    assert replica.rounds.once(), "it counts from the last round that was done"
