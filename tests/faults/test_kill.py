"""A process that is killed at any write, before or after the server did it, does no harm."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cli.test_run import Running
from tests.faults.conftest import Begin, Fleet, configs
from tests.faults.faults import after, before
from tests.faults.judge import (
    deleted_twice,
    uids_of_lines,
    uids_there,
    without_a_line,
    written_without_a_line,
)
from tests.faults.proxy import FaultProxy

WRITES = 14  # the lines to come, four that are new, four that change, four that go, all lines
ROUNDS = 100
OLD, CHANGED, NEW = "old0 old1 old2 old3", "same0 same1 same2 same3", "new0 new1 new2 new3"
Killed = Callable[[Callable[[], None]], Any]


def points() -> Iterator[Any]:
    """After how many writes, of what runs how, and on which side of the server."""
    for number in range(0, WRITES, 3):
        for side in (before, after):
            yield pytest.param(number, side, ("--once",), id=f"{number}-{side.__name__}")
    chance = random.Random(42)
    for number in range(ROUNDS):
        side, writes = chance.choice((before, after)), chance.randrange(40)
        name = f"{number}: {writes}-{side.__name__}"
        options = ("--interval", "1", "--lease", "2")
        yield pytest.param(writes, side, options, id=name, marks=pytest.mark.soak)


@pytest.mark.usefixtures("definitions")
@pytest.mark.parametrize(("writes", "side", "options"), [*points()])
def test_the_next_process_completes_what_a_killed_one_began(
    fleet: Fleet,
    proxy: FaultProxy,
    begin: Begin,
    writes: int,
    side: Killed,
    options: tuple[str, ...],
) -> None:
    fleet.say(app=configs("1", *OLD.split(), *CHANGED.split()))
    ended(begin(proxy, "--once"))
    fleet.say(app=configs("2", *CHANGED.split(), *NEW.split()))
    started: list[Running] = []
    proxy.meet(
        lambda r: r.is_write,
        side(lambda: os.kill(started[0].process.pid, signal.SIGKILL)),
        skips=writes,
    )
    started.append(begin(proxy, *options))
    assert started[0].process.wait(60) == -signal.SIGKILL
    assert without_a_line(fleet, "app") == []

    ended(begin(proxy, "--once"))
    assert fleet.values("app") == dict.fromkeys((*CHANGED.split(), *NEW.split()), "2")
    assert uids_of_lines(fleet, "app") == uids_there(fleet, "app")
    assert written_without_a_line(proxy.requests) == []
    assert deleted_twice(proxy.requests) == []


def ended(running: Running) -> None:
    assert running.process.wait(60) == 0, running.log.read_text()
