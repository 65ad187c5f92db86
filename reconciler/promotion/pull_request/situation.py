"""All facts that decide how a promotion goes on, found out before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.forges.forge import CommitStatus, MergeOutcome, PullRequest, PullRequestState
from reconciler.git.names import BranchName
from reconciler.promotion.gates.override_line import Override
from reconciler.promotion.plan.plan import Plan, PromotionStep
from reconciler.promotion.plan.planner import PlannedPromotion
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.actions import (
    Action,
    ClosePullRequest,
    Merge,
    OpenPullRequest,
    PostComment,
    PushBranch,
)
from reconciler.promotion.pull_request.asker import Asker
from reconciler.promotion.pull_request.branch import BranchState, BranchWork
from reconciler.promotion.pull_request.session import Assessment, OurPullRequest

STOPPED = "Not to be merged as it is:"


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """On whose behalf a request is taken forward, and what they want beside it."""

    asker: Asker = Asker.person
    again: bool = False  # open what somebody closed
    override: Override | None = None
    merge: bool = False  # though the policy does not say so
    leave_open: bool = False  # what an earlier run opened, and finished, stays as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """`pull` is the last from the branch, open or not, as it is at the branch's tip.

    There is no assessment while the branch, or the override that somebody wants, is not there yet:
    what the report says depends on both.
    """

    planned: PlannedPromotion
    options: RequestOptions
    branch: BranchState
    pull: PullRequest | None
    covered: Mapping[str, PullRequest]  # apps for which something newer is open
    superseded: tuple[OurPullRequest, ...]  # open for the same apps, and older
    shared: frozenset[str]  # branches of these that commits of others are on
    left_over: tuple[
        tuple[BranchName, str], ...
    ]  # branches of these apps that are done with, and tips
    stuck: tuple[PromotionStep, ...]  # blocked steps of what the pull request proposes
    says_stopped: bool  # does a comment of ours say that something stands in the way?
    comments: tuple[str, ...]  # what we said on it, where that matters
    is_overtaken: bool  # a rollback finds something else to take back than it was made for
    is_abandoned: bool  # somebody closed the pull request of this very release
    says_override: bool  # the one that is wanted
    done: tuple[Action, ...]  # by this very run
    is_pushed: bool  # the tip, by this very run
    assessment: Assessment | None = None
    attached: str | None = None  # the file's URL; "" where the forge takes none
    statuses: tuple[CommitStatus, ...] = field(default=())
    has_backing: bool = False
    merge: MergeOutcome | None = None  # what became of the last attempt, at this commit
    is_outdated: bool = False  # the forge waits for the branch to be up to date

    @property
    def is_created(self) -> bool:
        return any(isinstance(action, OpenPullRequest) for action in self.done)

    @property
    def has_overridden(self) -> bool:
        said = any(isinstance(one, PostComment) and not one.mark for one in self.done)
        return said or self.says_override

    @property
    def has_renewed(self) -> bool:
        """Was the branch made anew because it could not be merged?"""
        kinds = [type(action) for action in self.done]
        return Merge in kinds and PushBranch in kinds[kinds.index(Merge) :]

    @property
    def is_ended(self) -> bool:
        """Has this very run merged or closed it?"""
        closed = self.pull and ClosePullRequest(self.pull.number) in self.done
        return bool(closed) or self.merge is MergeOutcome.merged

    @property
    def request(self) -> PromotionRequest:
        return self.planned.request

    @property
    def plan(self) -> Plan:
        return self.planned.plan

    @property
    def work(self) -> BranchWork:
        return work_of(self.planned)

    @property
    def opened(self) -> PullRequest | None:
        is_open = self.pull and self.pull.state is PullRequestState.open
        return self.pull if is_open else None

    @property
    def needs_push(self) -> bool:
        return self.branch.needs_push and not self.is_pushed

    @property
    def is_left(self) -> bool:
        """Is it open, by another run that came to its end, and to stay as that left it?"""
        finished = self.opened and self.statuses and not (self.done or self.needs_push)
        return bool(finished) and self.options.leave_open

    @property
    def wants_merge(self) -> bool:
        """Would it be merged, but for whom it is asked by?"""
        if self.assessment is None or not self.assessment.passes:
            return False
        if self.options.merge:
            return True
        target = self.planned.target.promotion
        may = target.auto_merge and self.request.kind is not PromotionKind.hotfix
        return may and not self.branch.theirs


def work_of(planned: PlannedPromotion) -> BranchWork:
    return BranchWork(planned.plan, planned.request, planned.trailers)
