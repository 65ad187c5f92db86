"""The life of one promotion, from wherever it is to wherever it can get now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler.forges.forge import (
    MergeOutcome,
    PullRequest,
    PullRequestState,
    StatusVerdict,
    WantedPullRequest,
)
from reconciler.git.commit_builder import words_of
from reconciler.git.trailers import trailers
from reconciler.promotion.gates.override import Override
from reconciler.promotion.gates.result import GateResult
from reconciler.promotion.plan.holds import HOLD
from reconciler.promotion.plan.plan import Plan
from reconciler.promotion.plan.planner import PlannedPromotion
from reconciler.promotion.plan.release_fingerprint import of_plan
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.asker import Asker, goes_along, has_backing
from reconciler.promotion.pull_request.assessment import Assessment
from reconciler.promotion.pull_request.branch import BranchWork, Proposal, ours_of, publish
from reconciler.promotion.pull_request.closing import (
    close,
    covered_by,
    delete_stale_branch,
    remove_branch,
    supersede,
)
from reconciler.promotion.pull_request.desk import Desk, at, merged_into
from reconciler.promotion.pull_request.posting import comment_unblocked, post, say_override, stop
from reconciler.promotion.pull_request.release_marker import marked, release_in
from reconciler.text.suggestions import listing

Assess = Callable[
    [PlannedPromotion, PullRequest | None, Proposal, Sequence[PullRequest]], Assessment
]


class End(StrEnum):
    """How far it got."""

    nothing = "nothing"  # there is nothing to promote
    abandoned = "abandoned"  # somebody closed the pull request of this very release
    proposed = "proposed"
    merged = "merged"


@dataclass(frozen=True, slots=True)
class Conducted:
    errand: PromotionRequest
    plan: Plan
    end: End
    pull: PullRequest | None = None
    proposal: Proposal | None = None
    results: tuple[GateResult, ...] = ()
    superseded: tuple[int, ...] = ()
    created: bool = False


def conduct(
    desk: Desk,
    errand: PromotionRequest,
    assess: Assess,
    *,
    asker: Asker = Asker.person,
    again: bool = False,
    override: Override | None = None,
) -> Conducted:
    """For a person, what is open for the same apps makes way, and else it is left alone.

    What was closed without a merge is opened `again` if that is wanted.
    """
    asked = asker is Asker.person
    covered = {} if asked else covered_by(desk, errand)
    scene = desk.scene(errand, covered)
    last = desk.last_pull(errand.branch, scene.main)
    opened = last if last and last.state is PullRequestState.open else None
    release = of_plan(scene.plan)
    if opened and not asked and _is_overtaken(desk, scene, opened):
        words = f"{errand.target} runs another release than the one that this takes back."
        close(desk, opened, words)
        return Conducted(
            errand, scene.plan, End.nothing, replace(opened, state=PullRequestState.closed)
        )
    if not scene.plan.due:
        return _over(desk, scene, opened, covered)
    if last and not again and is_abandoned(scene, last):
        return Conducted(errand, scene.plan, End.abandoned, last)
    desk.check()
    work = BranchWork(scene.plan, errand, scene.trailers)
    proposal = publish(desk.shop, work, merged=merged_into(last))
    pull, assessment = _pull(desk, scene, opened, proposal, assess, release, override)
    superseded = supersede(desk, scene, pull)
    found = Conducted(
        *(errand, scene.plan, End.proposed, pull, proposal, assessment.results, superseded),
        created=opened is None,
    )
    return _merged(desk, scene, found, assessment, asker)


def is_abandoned(scene: PlannedPromotion, last: PullRequest) -> bool:
    """Did somebody close the pull request of this very release?"""
    return last.state is PullRequestState.closed and release_in(last.body) == of_plan(scene.plan)


def _is_overtaken(desk: Desk, scene: PlannedPromotion, pull: PullRequest) -> bool:
    """Does a rollback find something else to take back than when it was proposed?"""
    if scene.errand.kind is not PromotionKind.rollback or not scene.plan.due:
        return False
    held = trailers(_said(desk, scene.plan, pull.commit)).get(HOLD, [])
    now = [value for name, value in scene.trailers if name == HOLD]
    return bool(held) and [v.split()[:2] for v in held] != [v.split()[:2] for v in now]


def _pull(
    desk: Desk,
    scene: PlannedPromotion,
    opened: PullRequest | None,
    proposal: Proposal,
    assess: Assess,
    release: str,
    override: Override | None,
) -> tuple[PullRequest, Assessment]:
    """Exactly one: found, adopted, brought up to date or made."""
    pull = at(opened, proposal.commit) if opened else None
    if pull and override:
        say_override(desk, pull, override)
    assessment = assess(scene, pull, proposal, desk.open_pulls())
    wanted = _wanted(scene, assessment, release)
    desk.check()
    if pull is None:
        pull = desk.forge.create(proposal.branch, scene.main, wanted)
        pull = desk.saw(at(pull, proposal.commit))
        if override:
            say_override(desk, pull, override)
            assessment = assess(scene, pull, proposal, desk.open_pulls())
            wanted = _wanted(scene, assessment, release)
    pull = desk.saw(at(desk.forge.update(pull, wanted), proposal.commit))
    post(desk, pull, assessment.results)
    if opened and opened.draft and not pull.draft:
        comment_unblocked(desk, pull)
    return pull, assessment


def _wanted(scene: PlannedPromotion, assessment: Assessment, release: str) -> WantedPullRequest:
    promotion = scene.target.promotion
    return WantedPullRequest(
        assessment.title,
        marked(assessment.body, release),
        promotion.labels,
        assessment.reviewers,
        draft=assessment.is_shut,
    )


def _over(
    desk: Desk,
    scene: PlannedPromotion,
    opened: PullRequest | None,
    covered: Mapping[str, PullRequest],
) -> Conducted:
    """There is nothing to do; what is open is closed, or waits for a person."""
    plan, errand = scene.plan, scene.errand
    if opened is None:
        delete_stale_branch(desk, scene)
        return Conducted(errand, plan, End.nothing)
    stuck = [step for step in plan.blocked if step.app in _apps_of(desk, opened)]
    if stuck:
        return Conducted(errand, plan, End.nothing, stop(desk, opened, plan))
    newer = sorted({pull.url for pull in covered.values()})
    words = f"{plan.target} has all of this by now, or {plan.source} has it no more."
    if newer:
        words = f"Superseded by {listing(newer)}."
    close(desk, opened, words)
    return Conducted(errand, plan, End.nothing, replace(opened, state=PullRequestState.closed))


def _apps_of(desk: Desk, pull: PullRequest) -> frozenset[str]:
    offer = desk.offer(pull)
    return offer.apps if offer else frozenset()


def _merged(
    desk: Desk, scene: PlannedPromotion, found: Conducted, assessment: Assessment, asker: Asker
) -> Conducted:
    """Merged, if the policy says so and nothing is waited for."""
    pull, proposal = found.pull, found.proposal
    assert pull  # noqa: S101
    assert proposal  # noqa: S101
    may = scene.target.promotion.auto_merge and scene.errand.kind is not PromotionKind.hotfix
    if not may or not assessment.passes or proposal.theirs or pull.draft:
        return found
    if asker is Asker.branch and not (
        goes_along(scene.errand, scene.target)
        or has_backing(desk.forge, pull, scene.target, assessment.results)
    ):
        return found
    outcome = merge(desk, found)
    if outcome is MergeOutcome.merged:
        return replace(found, end=End.merged, pull=desk.forge.pull(pull.number))
    if outcome is MergeOutcome.conflict or _is_outdated(desk, scene, proposal, outcome):
        publish(desk.shop, BranchWork(scene.plan, scene.errand, scene.trailers), renew=True)
    return found


def merge(desk: Desk, found: Conducted) -> MergeOutcome:
    """With a message that tells of the promotion even if the forge squashes its commits."""
    pull = found.pull
    assert pull  # noqa: S101
    desk.check()
    message = _said(desk, found.plan, pull.commit).partition("\n")[2]
    outcome = desk.forge.merge(pull, pull.title, message.strip())
    if outcome is MergeOutcome.merged:
        done = desk.saw(replace(pull, state=PullRequestState.merged))
        remove_branch(desk, done)
        desk.refresh()
    return outcome


def _said(desk: Desk, plan: Plan, tip: str) -> str:
    """What our commit on a branch says; above it there may be merges of the main branch."""
    bench = desk.shop.workbench
    ours = ours_of(bench, bench.between(plan.base, tip))
    return words_of(ours) if ours else ""


def _is_outdated(
    desk: Desk, scene: PlannedPromotion, proposal: Proposal, outcome: MergeOutcome
) -> bool:
    """Does the forge wait for nothing that it shows? Then for the branch to be up to date."""
    parents = map(str, desk.shop.workbench.commit(proposal.commit).parent_ids)
    if outcome is not MergeOutcome.waiting or scene.plan.base in parents:
        return False
    statuses = desk.forge.statuses(proposal.commit)
    return all(status.verdict is StatusVerdict.success for status in statuses)
