"""Everything that there is to do in a repository, once: what a bot does each time it wakes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reconciler.bot.observe_rollouts import observe_rollouts
from reconciler.bot.observe_round import Failed, RoundRequest, next_requests, observe_round
from reconciler.bot.rollout import RolloutLimits, RolloutReport, rollbacks_of, rollout_actions
from reconciler.errors import ReconcilerError
from reconciler.forges.forge import PullRequest
from reconciler.git.names import BranchName
from reconciler.promotion.gates.result import Gate
from reconciler.promotion.promotion_request import PromotionRequest, target_of
from reconciler.promotion.pull_request.actions import DeleteBranch, PushBranch
from reconciler.promotion.pull_request.advance import End, PromotionOutcome, advance
from reconciler.promotion.pull_request.asker import Asker
from reconciler.promotion.pull_request.carry_out import carry_out, push_branches
from reconciler.promotion.pull_request.decide import next_actions
from reconciler.promotion.pull_request.observe import observe
from reconciler.promotion.pull_request.session import PromotionSession
from reconciler.promotion.pull_request.situation import RequestOptions


@dataclass(frozen=True, slots=True)
class Removed:
    branch: BranchName


Happened = PromotionOutcome | RolloutReport | Failed | Removed


def run_round(
    session: PromotionSession,
    limits: RolloutLimits | None = None,
    ended: set[str] | None = None,
) -> Iterator[Happened]:
    """`ended` are rollouts that need no more looking after."""
    session.refresh()
    yield from _take_forward(session)
    yield from _report_rollouts(
        session, limits or RolloutLimits(), set() if ended is None else ended
    )
    yield from _delete_left_over(session)


def _take_forward(session: PromotionSession) -> Iterator[Happened]:
    """Each request once. What was merged may have made others due, so it looks again."""
    done: set[str] = set()
    failed: set[str] = set()
    while True:
        now = observe_round(session, done)
        for failure in now.failures:
            if failure.what not in failed:
                failed.add(failure.what)
                yield failure
        requests = next_requests(now, done)
        done |= {one.request.branch for one in requests}
        _push_new_branches(session, requests)
        merged = False
        for one in requests:
            happened = _take_one(session, one)
            merged |= isinstance(happened, PromotionOutcome) and happened.end is End.merged
            yield happened
        if now.plans is not None and not merged:
            return


def _take_one(session: PromotionSession, one: RoundRequest) -> Happened:
    try:
        return advance(session, one.request, RequestOptions(one.asker))
    except ReconcilerError as e:
        session.check()
        return Failed(one.request.branch, e)


def _push_new_branches(session: PromotionSession, requests: Sequence[RoundRequest]) -> None:
    """In one go. Those that cannot be planned say so when their turn comes."""
    pushes = []
    for one in requests:
        if session.tip(one.request.branch) is not None:
            continue
        try:
            now = observe(session, one.request, RequestOptions(one.asker))
        except ReconcilerError:
            continue
        pushes += [action for action in next_actions(now) if isinstance(action, PushBranch)]
    push_branches(pushes, session)


def _report_rollouts(
    session: PromotionSession, limits: RolloutLimits, ended: set[str]
) -> Iterator[Happened]:
    try:
        for report in observe_rollouts(session, limits, ended):
            report_rollout(session, report)
            if report.state is Gate.open:
                ended.add(report.rollout.commit)
            yield report
    except ReconcilerError as e:
        session.check()
        yield Failed("rollouts", e)


def report_rollout(session: PromotionSession, report: RolloutReport) -> None:
    """On its pull request, once what takes it back is ready."""
    rollbacks = {r.apps[0]: _roll_back(session, r) for r in rollbacks_of(report)}
    for action in rollout_actions(report, rollbacks):
        carry_out(action, session)


def _roll_back(session: PromotionSession, request: PromotionRequest) -> PullRequest | None:
    (app,) = request.apps
    try:
        release = session.planner.release_to(request.target, app)
        options = RequestOptions(Asker.bot)
        done = advance(session, replace(request, release=release), options)
    except ReconcilerError:
        session.check()
        return None
    return done.pull if done.end in (End.proposed, End.merged) else None


def _delete_left_over(session: PromotionSession) -> Iterator[Happened]:
    """Branches of what was merged or abandoned, if nothing is lost with them."""
    opened = {pull.branch for pull in session.open_pulls()}
    for branch, tip in session.tips().items():
        if branch in opened:
            continue
        try:
            if session.is_left_over(branch, session.main_branch_for(target_of(branch))):
                carry_out(DeleteBranch(branch, tip), session)
                if session.tip(branch) is None:
                    yield Removed(branch)
        except ReconcilerError as e:
            session.check()
            yield Failed(branch, e)
