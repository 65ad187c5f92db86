"""What is done next follows from the facts alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reconciler.bot.observe_round import RoundSituation, next_requests
from reconciler.forges.forge import MergeOutcome
from reconciler.git.file_history import CommitSummary
from reconciler.model.paths import AppName
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.pull_request.actions import (
    Action,
    DeleteBranch,
    Merge,
    OpenPullRequest,
    PushBranch,
    SetStatuses,
    UpdatePullRequest,
)
from reconciler.promotion.pull_request.asker import Asker
from reconciler.promotion.pull_request.carry_out import carry_out
from reconciler.promotion.pull_request.decide import next_actions
from reconciler.promotion.pull_request.observe import observe
from reconciler.promotion.pull_request.situation import RequestOptions, Situation
from tests.promotion.pull_request.forge_setup import PAW, PromotionFleet

Build = Callable[..., PromotionFleet]
Change = Callable[[Situation], Situation]

THEIRS = CommitSummary("f" * 40, 0, "mallory", "mine")
WAITS = GateResult("soak", Gate.waiting, "not yet")
CLOSED = GateResult("checks", Gate.closed, "no")


def judged(*results: GateResult) -> Change:
    def change(now: Situation) -> Situation:
        assert now.assessment
        return replace(now, assessment=replace(now.assessment, results=results))

    return change


def on_branch(**facts: object) -> Change:
    return lambda now: replace(now, branch=replace(now.branch, **facts))  # type: ignore[arg-type]


def with_facts(**facts: object) -> Change:
    return lambda now: replace(now, **facts)  # type: ignore[arg-type]


def renewed(now: Situation) -> Situation:
    done = (Merge(1, now.branch.tip, "", ""), PushBranch(now.work, now.branch.tip))
    return replace(now, merge=MergeOutcome.conflict, done=done)


OPEN = [UpdatePullRequest, SetStatuses]
CASES: dict[str, tuple[list[Change], list[type[Action]]]] = {
    "all is well": ([], [Merge, DeleteBranch]),
    "it waits": ([judged(WAITS)], [SetStatuses]),
    "it cannot go on as it is": ([judged(CLOSED)], OPEN),
    "it has waited": ([with_facts(statuses=())], [SetStatuses, Merge, DeleteBranch]),
    "there is no pull request": (
        [with_facts(pull=None)], [OpenPullRequest, SetStatuses, Merge, DeleteBranch],
    ),
    "the branch holds another release": (
        [on_branch(is_current=False), with_facts(is_pushed=False, statuses=())],
        [PushBranch, SetStatuses, Merge, DeleteBranch],
    ),
    "it is the one that this run pushed": (
        [on_branch(is_current=False)], [Merge, DeleteBranch],
    ),
    "somebody else has a commit there": ([on_branch(theirs=(THEIRS,))], []),
    "and ours goes on top": (
        [
            on_branch(theirs=(THEIRS,), is_current=False, fits_on_top=True),
            with_facts(is_pushed=False, statuses=()),
        ],
        [PushBranch, SetStatuses],
    ),
    "or cannot": (
        [on_branch(theirs=(THEIRS,), is_current=False), with_facts(is_pushed=False)], [],
    ),
    "nobody stands behind it": ([with_facts(has_backing=False)], []),
    "it was closed for good": ([with_facts(is_abandoned=True)], []),
    "it is merged": ([with_facts(merge=MergeOutcome.merged)], [DeleteBranch]),
    "the forge is still looking": ([with_facts(merge=MergeOutcome.waiting)], []),
    "the forge wants it up to date": (
        [with_facts(merge=MergeOutcome.waiting, is_outdated=True)], [PushBranch],
    ),
    "it conflicts": ([with_facts(merge=MergeOutcome.conflict)], [PushBranch]),
    "the forge still looks: what was reviewed stays": (
        [with_facts(merge=MergeOutcome.undecided)],
        [],
    ),
    "it conflicts still": ([renewed], []),
    "a person merges, and it conflicts": (
        [with_facts(merge=MergeOutcome.conflict, options=RequestOptions(merge=True))], [],
    ),
}  # fmt: skip


def test_each_fact_has_its_consequence(build: Build) -> None:
    promotion_fleet = build(prod="promotion: {propose: app, autoMerge: true}\n")
    promotion_fleet.tag("v2")
    settled = settled_situation(promotion_fleet)
    found = {}
    for name, (changes, _) in CASES.items():
        now = settled
        for change in changes:
            now = change(now)
        found[name] = [type(action) for action in next_actions(now)]
    assert found == {name: expected for name, (_, expected) in CASES.items()}


def settled_situation(promotion_fleet: PromotionFleet) -> Situation:
    """Open, with all statuses, and ready to be merged."""
    session = promotion_fleet.session()
    done: list[Action] = []
    while True:
        now = observe(session, PAW, None, done)
        action = next(one for one in next_actions(now) if one not in done)
        if isinstance(action, Merge):
            return now
        carry_out(action, session)
        done.append(action)


@pytest.mark.parametrize("asked", [True, False])
def test_a_round_takes_forward_what_is_open_before_what_is_due(asked: bool) -> None:
    now = RoundSituation((PAW, replace(PAW, apps=(AppName("dog"),)), PAW))
    done = {PAW.branch} if asked else set()
    found = [(one.request.apps, one.asker) for one in next_requests(now, done)]
    assert found == [(("paw",), Asker.branch), (("dog",), Asker.branch)][asked:]
