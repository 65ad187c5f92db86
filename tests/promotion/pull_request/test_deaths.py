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
from reconciler.model.paths import AppName
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
from tests.promotion.pull_request.forge_setup import ALL, PAW, PromotionFleet

pytestmark = pytest.mark.slow  # each of its tests ends a run after every step

Build = Callable[..., PromotionFleet]

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


def lives(
    promotion_fleet: PromotionFleet, run: Callable[[Any], object], number: int, after: bool
) -> bool:
    """Does the run come to its end before its n-th write?"""
    life = [number]
    session = promotion_fleet.session(
        Mortal(life, after, promotion_fleet.forge),
        Mortal(life, after, promotion_fleet.forge_setup.branches),
    )
    try:
        run(session)
    except Death:
        return False
    return True


@pytest.mark.parametrize("after", [False, True])
def test_proposing_survives_its_death_anywhere(build: Build, after: bool) -> None:
    promotion_fleet = build(prod=WAITS)
    alive, number = False, 0
    while not alive:
        number += 1
        promotion_fleet.tag(f"v{number + 1}")
        alive = lives(
            promotion_fleet,
            lambda session: list(run_round(session)),
            number,
            after,
        )
        assert {pull.branch for pull in promotion_fleet.open()} <= {PAW.branch}
        promotion_fleet.round()
        (pull,) = promotion_fleet.open()
        assert f"newTag: v{number + 1}" in promotion_fleet.file(PAW.branch)
        assert f"v{number + 1}" in pull.body
        assert len(promotion_fleet.forge.statuses(pull.commit)) == 2
        if number % 2:  # every other time it begins anew
            promotion_fleet.forge.close(pull)
    assert number > 3


@pytest.mark.parametrize("after", [False, True])
def test_superseding_survives_its_death_anywhere(build: Build, after: bool) -> None:
    promotion_fleet = build()
    dog = promotion_fleet.fleet.commit(overlay("dog", 1))
    promotion_fleet.fleet.commit(*(entry(e, dog, app="dog") for e in ("stage", "prod")))
    alive, number = False, 0
    while not alive:
        number += 1
        promotion_fleet.tag(f"v{number + 1}")
        promotion_fleet.tag(f"v{number + 1}", app="dog", ref=dog)
        promotion_fleet.advance(PAW, again=True)
        alive = lives(promotion_fleet, lambda session: advance(session, ALL), number, after)
        promotion_fleet.advance(ALL, again=True)
        assert [pull.branch for pull in promotion_fleet.open()] == [ALL.branch]
        assert f"newTag: v{number + 1}" in promotion_fleet.file(ALL.branch)
    assert number > 5


@pytest.mark.parametrize("after", [False, True])
def test_merging_survives_its_death_anywhere(build: Build, after: bool) -> None:
    promotion_fleet = build(prod="promotion: {propose: app, autoMerge: true}\n")
    alive, number = False, 0
    while not alive:
        number += 1
        promotion_fleet.tag(f"v{number + 1}")
        alive = lives(
            promotion_fleet,
            lambda session: list(run_round(session)),
            number,
            after,
        )
        promotion_fleet.round()
        promotion_fleet.round()
        assert (promotion_fleet.open(), promotion_fleet.branch_names()) == ([], set())
        assert f"newTag: v{number + 1}" in promotion_fleet.file("main")
        promotion_fleet.pull()
    assert number > 4


@pytest.mark.parametrize("after", [False, True])
def test_rolling_back_survives_its_death_anywhere(build: Build, after: bool) -> None:
    promotion_fleet = build(prod="promotion: {propose: app, autoMerge: true}\n")
    back = PromotionRequest(
        PromotionKind.rollback, "prod", "prod", (AppName("paw"),), reason="it burns"
    )
    alive, number = False, 0
    while not alive:
        number += 1
        promotion_fleet.tag(f"v{number + 1}")
        promotion_fleet.round()
        assert f"newTag: v{number + 1}" in promotion_fleet.file("main")
        alive = lives(promotion_fleet, lambda session: advance(session, back), number, after)
        promotion_fleet.round()
        if f"newTag: v{number + 1}" in promotion_fleet.file("main"):
            assert promotion_fleet.advance(back).end is End.merged
        promotion_fleet.round()
        assert f"newTag: v{number + 1}" not in promotion_fleet.file("main")
        assert (promotion_fleet.open(), promotion_fleet.branch_names()) == ([], set())
        promotion_fleet.pull()
    assert number > 4


def test_the_outcome_of_a_push_that_nobody_heard_of_is_seen(
    promotion_fleet: PromotionFleet,
) -> None:
    promotion_fleet.tag("v2")
    lives(promotion_fleet, lambda session: advance(session, PAW), 1, True)
    assert promotion_fleet.branch_names() == {PAW.branch}
    found = promotion_fleet.advance()
    assert found.proposal
    assert found.proposal.outcome is BranchOutcome.unchanged
    assert found.created


def proposes(promotion_fleet: PromotionFleet) -> PromotionRequest:
    promotion_fleet.tag("v2")
    return PAW


def updates(promotion_fleet: PromotionFleet) -> PromotionRequest:
    promotion_fleet.advance(proposes(promotion_fleet))
    promotion_fleet.tag("v3")
    return PAW


def supersedes(promotion_fleet: PromotionFleet) -> PromotionRequest:
    dog = promotion_fleet.fleet.commit(overlay("dog", 1))
    promotion_fleet.fleet.commit(*(entry(e, dog, app="dog") for e in ("stage", "prod")))
    promotion_fleet.tag("v2", app="dog", ref=dog)
    promotion_fleet.advance(proposes(promotion_fleet))
    return ALL


def stops(promotion_fleet: PromotionFleet) -> PromotionRequest:
    promotion_fleet.advance(proposes(promotion_fleet))
    promotion_fleet.tag("v1-hotfix", "prod")
    promotion_fleet.tag("v3")
    return PAW


def goes_on(promotion_fleet: PromotionFleet) -> PromotionRequest:
    before = promotion_fleet.fleet.file("prod").read_text()
    promotion_fleet.advance(stops(promotion_fleet))
    promotion_fleet.fleet.commit({"environments/prod/paw/kustomization.yaml": before})
    promotion_fleet.push()
    return PAW


def closes(promotion_fleet: PromotionFleet) -> PromotionRequest:
    promotion_fleet.advance(proposes(promotion_fleet))
    promotion_fleet.tag("v2", "prod")
    return PAW


def rolls_back(promotion_fleet: PromotionFleet) -> PromotionRequest:
    assert promotion_fleet.advance(proposes(promotion_fleet)).end is End.merged
    promotion_fleet.pull()
    return PromotionRequest(
        PromotionKind.rollback, "prod", "prod", (AppName("paw"),), reason="it burns"
    )


AUTO = "promotion: {propose: app, autoMerge: true}\n"
WAITS = "promotion: {propose: app, without: [checks, secrets], gates: [{type: approvals}]}\n"
SOAKS = "promotion: {overrides: [bot], gates: [{type: soak, time: 9999d}]}\n"
PASSING = Override(("soak",), "an incident", "")

Prepare = Callable[[PromotionFleet], PromotionRequest]

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


def state(promotion_fleet: PromotionFleet) -> object:
    """All that is there in the end, but for times and the names of commits, which have them in."""
    pulls = [
        promotion_fleet.forge.pull(number + 1) for number in range(len(all_pulls(promotion_fleet)))
    ]
    found = [
        (
            replace(pull, created=promotion_fleet.now, merged_at=None),
            [comment.body for comment in promotion_fleet.forge.comments(pull)],
            sorted(map(str, promotion_fleet.forge.statuses(pull.commit))),
        )
        for pull in pulls
    ]
    branches = sorted(promotion_fleet.branch_names())
    text = repr(
        (
            found,
            branches,
            promotion_fleet.file("main"),
            [promotion_fleet.file(name) for name in branches],
        )
    )
    text = re.sub(r"\S+ \d\d(:|&#58;)\d\d UTC", "then", text)
    return re.sub(r"[0-9a-f]{10,40}", "#", text.replace("\\u200b", ""))


def settled(
    promotion_fleet: PromotionFleet, request: PromotionRequest, options: Mapping[str, Any]
) -> object:
    """After one more run: of what it opened itself, a run does not ask what others said of it."""
    words = promotion_fleet.advance(request, **options).actions
    assert {type(action) for action in words} <= {UpdatePullRequest, SetStatuses}
    assert promotion_fleet.advance(request, **options).actions == ()
    return state(promotion_fleet)


def all_pulls(promotion_fleet: PromotionFleet) -> list[str]:
    bare = promotion_fleet.forge_setup.root
    listed = (bare / "refs/reconciler/requests").glob("*")
    packed = (bare / "packed-refs").read_text() if (bare / "packed-refs").exists() else ""
    known = re.findall(r"refs/reconciler/requests/(\d+)$", packed, re.MULTILINE)
    return sorted({*(path.name for path in listed), *known})


@pytest.mark.parametrize("name", RUNS)
def test_every_beginning_of_the_list_is_completed_by_the_next_run(
    build: Build, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, prepare, length = RUNS[name]
    promotion_fleet = build(prod=policy)
    request = prepare(promotion_fleet)
    options = {"override": PASSING} if policy is SOAKS else {}
    bare, kept = (
        promotion_fleet.forge_setup.root,
        promotion_fleet.forge_setup.root.with_suffix(".kept"),
    )
    shutil.copytree(bare, kept)
    seen = observe(promotion_fleet.session(), request, foresee=True)
    foreseen = [type(action) for action in next_actions(seen)]
    done = promotion_fleet.advance(request, **options).actions
    expected = settled(promotion_fleet, request, options)
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
                promotion_fleet.advance(request, **options)
        promotion_fleet.advance(request, **options)
        found = settled(promotion_fleet, request, options)
        assert found == expected, [str(action) for action in done[:left]]
    assert len(done) >= length


def test_a_dry_run_says_what_a_run_does_then(promotion_fleet: PromotionFleet) -> None:
    """In plain words, and with nothing done."""
    request = supersedes(promotion_fleet)
    now = observe(promotion_fleet.session(), request, foresee=True)
    assert [str(action) for action in next_actions(now)] == [
        "push the new branch promote/stage/prod/all",
        "open a pull request from promote/stage/prod/all to main: "
        "Promote dog and paw from stage to prod",
        "set statuses of its commit: promotion/checks success, promotion/secrets success "
        "and promotion/all success",
        "comment on pull request 1: Superseded by the pull request of promote/stage/prod/all, "
        "which is newer.",
        "update pull request 1: the release that it proposes",
        "close pull request 1",
        "delete the branch promote/stage/prod/app/paw",
    ]
    assert promotion_fleet.branch_names() == {PAW.branch}
    (pull,) = promotion_fleet.open()
    assert isinstance(pull, PullRequest)
    assert pull.state is PullRequestState.open
