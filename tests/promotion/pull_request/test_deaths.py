"""A run that ends at any of its steps is finished by the next one: nothing is lost or twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.bot.round import run_round
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.advance import End, advance
from reconciler.promotion.pull_request.branch import BranchOutcome
from tests.promotion.fleet import entry, overlay
from tests.promotion.pull_request.forge_setup import ALL, PAW, Yard

Build = Callable[..., Yard]

WRITES = {"move", "create", "update", "close", "say", "attach", "set_status", "merge"}


class Death(BaseException):
    """As sudden as a signal: nothing that comes after it in the run is done."""


class Mortal:
    """Dies with the n-th thing that it writes: before it is done, or just after."""

    def __init__(self, life: list[int], after: bool, *others: Any) -> None:
        self._life = life
        self._after = after
        self._others = others

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._others[0], name)
        if name not in WRITES:
            return found

        def write(*words: Any) -> Any:
            self._life[0] -= 1
            if self._life[0] == 0 and not self._after:
                raise Death
            done = found(*words)
            if self._life[0] == 0:
                raise Death
            return done

        return write


def lives(yard: Yard, run: Callable[[Any], object], number: int, after: bool) -> bool:
    """Does the run come to its end before its n-th write?"""
    life = [number]
    session = yard.session(
        Mortal(life, after, yard.forge),
        Mortal(life, after, yard.square.branches),
    )
    try:
        run(session)
    except Death:
        return False
    return True


@pytest.mark.parametrize("after", [False, True])
def test_proposing_survives_its_death_anywhere(build: Build, after: bool) -> None:
    yard = build(prod="promotion: {propose: app, gates: [{type: approvals}]}\n")
    alive, number = False, 0
    while not alive:
        number += 1
        yard.tag(f"v{number + 1}")
        alive = lives(
            yard,
            lambda session: list(run_round(session)),
            number,
            after,
        )
        assert {pull.branch for pull in yard.open()} <= {PAW.branch}
        yard.round()
        (pull,) = yard.open()
        assert f"newTag: v{number + 1}" in yard.file(PAW.branch)
        assert f"v{number + 1}" in pull.body
        assert len(yard.forge.statuses(pull.commit)) == 2
        if number % 2:  # every other time it begins anew
            yard.forge.close(pull)
    assert number > 3


@pytest.mark.parametrize("after", [False, True])
def test_superseding_survives_its_death_anywhere(build: Build, after: bool) -> None:
    yard = build()
    dog = yard.fleet.commit(overlay("dog", 1))
    yard.fleet.commit(*(entry(e, dog, app="dog") for e in ("stage", "prod")))
    alive, number = False, 0
    while not alive:
        number += 1
        yard.tag(f"v{number + 1}")
        yard.tag(f"v{number + 1}", app="dog", ref=dog)
        yard.advance(PAW, again=True)
        alive = lives(yard, lambda session: advance(session, ALL), number, after)
        yard.advance(ALL, again=True)
        assert [pull.branch for pull in yard.open()] == [ALL.branch]
        assert f"newTag: v{number + 1}" in yard.file(ALL.branch)
    assert number > 5


@pytest.mark.parametrize("after", [False, True])
def test_merging_survives_its_death_anywhere(build: Build, after: bool) -> None:
    yard = build(prod="promotion: {propose: app, autoMerge: true}\n")
    alive, number = False, 0
    while not alive:
        number += 1
        yard.tag(f"v{number + 1}")
        alive = lives(
            yard,
            lambda session: list(run_round(session)),
            number,
            after,
        )
        yard.round()
        yard.round()
        assert (yard.open(), yard.branch_names()) == ([], set())
        assert f"newTag: v{number + 1}" in yard.file("main")
        yard.pull()
    assert number > 4


@pytest.mark.parametrize("after", [False, True])
def test_rolling_back_survives_its_death_anywhere(build: Build, after: bool) -> None:
    yard = build(prod="promotion: {propose: app, autoMerge: true}\n")
    back = PromotionRequest(PromotionKind.rollback, "prod", "prod", ("paw",), reason="it burns")
    alive, number = False, 0
    while not alive:
        number += 1
        yard.tag(f"v{number + 1}")
        yard.round()
        assert f"newTag: v{number + 1}" in yard.file("main")
        alive = lives(yard, lambda session: advance(session, back), number, after)
        yard.round()
        if f"newTag: v{number + 1}" in yard.file("main"):
            assert yard.advance(back).end is End.merged
        yard.round()
        assert f"newTag: v{number + 1}" not in yard.file("main")
        assert (yard.open(), yard.branch_names()) == ([], set())
        yard.pull()
    assert number > 4


def test_the_outcome_of_a_push_that_nobody_heard_of_is_seen(yard: Yard) -> None:
    yard.tag("v2")
    lives(yard, lambda session: advance(session, PAW), 1, True)
    assert yard.branch_names() == {PAW.branch}
    found = yard.advance()
    assert found.proposal
    assert found.proposal.outcome is BranchOutcome.unchanged
    assert found.created
