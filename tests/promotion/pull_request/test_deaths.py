"""A run that ends at any of its steps is finished by the next one: nothing is lost or twice."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from reconciler.bot.round import run_round
from reconciler.forges.forge import PullRequest, PullRequestState
from reconciler.promotion.gates.override_line import Override
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request import advance as loop
from reconciler.promotion.pull_request.actions import Action, SetStatuses, UpdatePullRequest
from reconciler.promotion.pull_request.advance import End, advance
from reconciler.promotion.pull_request.branch import BranchOutcome
from reconciler.promotion.pull_request.carry_out import carry_out
from reconciler.promotion.pull_request.decide import next_actions
from reconciler.promotion.pull_request.observe import observe
from reconciler.promotion.pull_request.session import PromotionSession
from tests.promotion.fleet import entry, overlay
from tests.promotion.pull_request.forge_setup import ALL, PAW, Yard

pytestmark = pytest.mark.slow  # each of its tests ends a run after every step

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


def proposes(yard: Yard) -> PromotionRequest:
    yard.tag("v2")
    return PAW


def updates(yard: Yard) -> PromotionRequest:
    yard.advance(proposes(yard))
    yard.tag("v3")
    return PAW


def supersedes(yard: Yard) -> PromotionRequest:
    dog = yard.fleet.commit(overlay("dog", 1))
    yard.fleet.commit(*(entry(e, dog, app="dog") for e in ("stage", "prod")))
    yard.tag("v2", app="dog", ref=dog)
    yard.advance(proposes(yard))
    return ALL


def stops(yard: Yard) -> PromotionRequest:
    yard.advance(proposes(yard))
    yard.tag("v1-hotfix", "prod")
    yard.tag("v3")
    return PAW


def goes_on(yard: Yard) -> PromotionRequest:
    before = yard.fleet.file("prod").read_text()
    yard.advance(stops(yard))
    yard.fleet.commit({"environments/prod/paw/kustomization.yaml": before})
    yard.push()
    return PAW


def closes(yard: Yard) -> PromotionRequest:
    yard.advance(proposes(yard))
    yard.tag("v2", "prod")
    return PAW


def rolls_back(yard: Yard) -> PromotionRequest:
    assert yard.advance(proposes(yard)).end is End.merged
    yard.pull()
    return PromotionRequest(PromotionKind.rollback, "prod", "prod", ("paw",), reason="it burns")


AUTO = "promotion: {propose: app, autoMerge: true}\n"
WAITS = "promotion: {propose: app, gates: [{type: approvals}]}\n"
SOAKS = "promotion: {overrides: [bot], gates: [{type: soak, time: 9999d}]}\n"
PASSING = Override(("soak",), "an incident", "")

Prepare = Callable[[Yard], PromotionRequest]

# What prod says of promotions, what there is to be done, and how many actions that takes.
RUNS: Mapping[str, tuple[str, Prepare, int]] = {
    "it proposes": (WAITS, proposes, 3),
    "it updates what is open": (WAITS, updates, 3),
    "a batch takes the place of a single one": ("", supersedes, 7),
    "it is stopped by a hotfix": ("", stops, 3),
    "it goes on after that": ("", goes_on, 4),
    "it is closed": ("", closes, 4),
    "it is merged": (AUTO, proposes, 5),
    "it rolls back": (AUTO, rolls_back, 5),
    "somebody overrides a gate": (SOAKS, proposes, 4),
}


def state(yard: Yard) -> object:
    """All that is there in the end, but for the names of commits, which have their time in them."""
    pulls = [yard.forge.pull(number + 1) for number in range(len(all_pulls(yard)))]
    found = [
        (
            replace(pull, created=yard.now, merged_at=None),
            [comment.body for comment in yard.forge.comments(pull)],
            sorted(map(str, yard.forge.statuses(pull.commit))),
        )
        for pull in pulls
    ]
    branches = sorted(yard.branch_names())
    text = repr((found, branches, yard.file("main"), [yard.file(name) for name in branches]))
    return re.sub(r"[0-9a-f]{10,40}", "#", text.replace("\\u200b", ""))


def settled(yard: Yard, request: PromotionRequest, options: Mapping[str, Any]) -> object:
    """After one more run: of what it opened itself, a run does not ask what others said of it."""
    words = yard.advance(request, **options).actions
    assert {type(action) for action in words} <= {UpdatePullRequest, SetStatuses}
    assert yard.advance(request, **options).actions == ()
    return state(yard)


def all_pulls(yard: Yard) -> list[str]:
    bare = yard.square.root
    listed = (bare / "refs/reconciler/requests").glob("*")
    packed = (bare / "packed-refs").read_text() if (bare / "packed-refs").exists() else ""
    known = re.findall(r"refs/reconciler/requests/(\d+)$", packed, re.MULTILINE)
    return sorted({*(path.name for path in listed), *known})


@pytest.mark.parametrize("name", RUNS)
def test_every_beginning_of_the_list_is_completed_by_the_next_run(
    build: Build, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, prepare, length = RUNS[name]
    yard = build(prod=policy)
    request = prepare(yard)
    options = {"override": PASSING} if policy is SOAKS else {}
    bare, kept = yard.square.root, yard.square.root.with_suffix(".kept")
    shutil.copytree(bare, kept)
    seen = observe(yard.session(), request, foresee=True)
    foreseen = [type(action) for action in next_actions(seen)]
    done = yard.advance(request, **options).actions
    expected = settled(yard, request, options)
    if not options:
        assert [type(action) for action in done] == foreseen
    for left in range(len(done)):
        shutil.rmtree(bare)
        shutil.copytree(kept, bare)
        remaining = count(left, -1)

        def ends(action: Action, session: PromotionSession) -> None:
            if not next(remaining):  # noqa: B023
                raise Death
            carry_out(action, session)

        with monkeypatch.context() as patched:
            patched.setattr(loop, "carry_out", ends)
            with pytest.raises(Death):
                yard.advance(request, **options)
        yard.advance(request, **options)
        found = settled(yard, request, options)
        assert found == expected, [str(action) for action in done[:left]]
    assert len(done) >= length


def test_a_dry_run_says_what_a_run_does_then(yard: Yard) -> None:
    """In plain words, and with nothing done."""
    request = supersedes(yard)
    now = observe(yard.session(), request, foresee=True)
    assert [str(action) for action in next_actions(now)] == [
        "push the new branch promote/stage/prod/all",
        "open a pull request from promote/stage/prod/all to main: "
        "Promote dog and paw from stage to prod",
        "set statuses of its commit: promotion/all success",
        "comment on pull request 1: Superseded by the pull request of promote/stage/prod/all, "
        "which is newer.",
        "update pull request 1: the release that it proposes",
        "close pull request 1",
        "delete the branch promote/stage/prod/app/paw",
    ]
    assert yard.branch_names() == {PAW.branch}
    (pull,) = yard.open()
    assert isinstance(pull, PullRequest)
    assert pull.state is PullRequestState.open
