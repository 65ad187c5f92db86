"""Other promotions of the same apps: which are newer, which are older, and what is left of them."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.forges.forge import PullRequest
from reconciler.git.names import BranchName
from reconciler.promotion.plan.planner import PlannedPromotion
from reconciler.promotion.promotion_request import PromotionRequest, target_of
from reconciler.promotion.pull_request.branch import foreign
from reconciler.promotion.pull_request.session import OurPullRequest, PromotionSession


def covered_by(session: PromotionSession, request: PromotionRequest) -> dict[str, PullRequest]:
    """The apps for which something newer of the same kind is open."""
    alike = [ours for ours in session.our_pulls() if _is_alike(ours.request, request)]
    own = next((o.pull.number for o in alike if o.pull.branch == request.branch), 0)
    return {
        app: ours.pull
        for ours in alike
        if ours.pull.branch != request.branch and ours.pull.number > own
        for app in ours.apps
    }


def _is_alike(one: PromotionRequest, other: PromotionRequest) -> bool:
    """The way forward and the way back do not exclude each other while both are open."""
    return (one.kind, one.target) == (other.kind, other.target)


def superseded_by(session: PromotionSession, planned: PlannedPromotion) -> Iterator[OurPullRequest]:
    apps = {step.app for step in planned.plan.due}
    for ours in session.our_pulls():
        other = ours.pull.branch != planned.request.branch and ours.pull.base == planned.main
        if other and _is_alike(ours.request, planned.request) and ours.apps & apps:
            yield ours


def is_shared(session: PromotionSession, pull: PullRequest) -> bool:
    base = session.planner.opened(pull.base).commit
    return bool(foreign(session.builder, base, pull.commit))


def left_over_by(
    session: PromotionSession, planned: PlannedPromotion
) -> Iterator[tuple[BranchName, str]]:
    """What a run that was ended did not come to: branches of what was closed for this one."""
    apps = {step.app for step in planned.plan.due}
    opened = {pull.branch for pull in session.open_pulls()}
    for branch, tip in session.tips().items():
        ours = branch == planned.request.branch or branch in opened
        if ours or target_of(branch) != planned.request.target:
            continue
        said = session.said_on(branch, planned.main, tip)
        alike = said and _is_alike(said[0], planned.request) and said[1] & apps
        if alike and session.is_left_over(branch, planned.main):
            yield branch, tip
