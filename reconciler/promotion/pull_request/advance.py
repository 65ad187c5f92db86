"""Takes one promotion from wherever it is to wherever it can get now: observe, decide, act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reconciler.forges.forge import MergeOutcome, PullRequest
from reconciler.model.paths import AppName
from reconciler.promotion.gates.question import MissingSecret
from reconciler.promotion.gates.result import GateResult
from reconciler.promotion.plan.plan import Plan
from reconciler.promotion.promotion_request import PromotionRequest
from reconciler.promotion.pull_request.actions import Action, ClosePullRequest, PostComment
from reconciler.promotion.pull_request.branch import BranchOutcome, Proposal
from reconciler.promotion.pull_request.carry_out import carry_out
from reconciler.promotion.pull_request.decide import CLOSING, next_actions
from reconciler.promotion.pull_request.observe import observe
from reconciler.promotion.pull_request.session import OurPullRequest, PromotionSession
from reconciler.promotion.pull_request.situation import RequestOptions, Situation
from reconciler.text.markdown import as_plain


class End(StrEnum):
    """How far it got."""

    nothing = "nothing"  # there is nothing to promote
    abandoned = "abandoned"  # somebody closed the pull request of this very release
    proposed = "proposed"
    merged = "merged"


@dataclass(frozen=True, slots=True)
class PromotionOutcome:
    request: PromotionRequest
    plan: Plan
    end: End
    pull: PullRequest | None = None
    proposal: Proposal | None = None
    results: tuple[GateResult, ...] = ()
    lacks: tuple[MissingSecret, ...] = ()
    superseded: tuple[int, ...] = ()
    left_out: tuple[AppName, ...] = ()  # apps of these that no request is open for any more
    created: bool = False
    merge: MergeOutcome | None = None
    actions: tuple[Action, ...] = ()

    @property
    def closed_because(self) -> str:
        """What was said of it when this run closed it."""
        said = (a.text for a in self.actions if isinstance(a, PostComment) and a.mark == CLOSING)
        return as_plain(next(said, ""))


def advance(
    session: PromotionSession, request: PromotionRequest, options: RequestOptions | None = None
) -> PromotionOutcome:
    """After each action it looks again, until there is nothing left to do."""
    done: list[Action] = []
    others: dict[int, OurPullRequest] = {}
    proposed: Situation | None = None
    while True:
        now = observe(session, request, options, done)
        if now.assessment:
            proposed = now
        others.update((ours.pull.number, ours) for ours in now.superseded)
        action = next((one for one in next_actions(now) if one not in done), None)
        if action is None:
            break
        carry_out(action, session)
        done.append(action)
    if now.merge is MergeOutcome.merged:
        session.refresh()
    return _outcome(session, now, proposed, others)


def _outcome(
    session: PromotionSession,
    now: Situation,
    proposed: Situation | None,
    others: Mapping[int, OurPullRequest],
) -> PromotionOutcome:
    own = now.pull.number if now.pull else 0
    assessment = proposed.assessment if proposed else None
    closed = [a.number for a in now.done if isinstance(a, ClosePullRequest) and a.number != own]
    apps = {app for number in closed if number in others for app in others[number].apps}
    return PromotionOutcome(
        now.request,
        now.plan,
        _end(now),
        now.pull,
        _proposal(session, proposed) if proposed else None,
        assessment.results if assessment else (),
        assessment.lacks if assessment else (),
        tuple(closed),
        tuple(sorted(apps.difference(step.app for step in now.plan.due))),
        now.is_created,
        now.merge,
        now.done,
    )


def _end(now: Situation) -> End:
    if now.merge is MergeOutcome.merged:
        return End.merged
    if now.is_ended or not now.plan.due:
        return End.nothing
    return End.abandoned if now.is_abandoned else End.proposed


def _proposal(session: PromotionSession, now: Situation) -> Proposal:
    branch = now.branch
    otherwise = BranchOutcome.unchanged if branch.is_current else BranchOutcome.left
    commit = branch.tip or ""
    return Proposal(branch.name, commit, session.pushed.get(commit, otherwise), branch.theirs)
