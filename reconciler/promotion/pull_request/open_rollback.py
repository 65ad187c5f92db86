"""A rollback that is asked for twice: what the first opened stays what it is."""

from __future__ import annotations

from reconciler.errors import RollbackIsOpen
from reconciler.model.paths import AppName
from reconciler.promotion.plan.plan import Plan
from reconciler.promotion.plan.versions import versions
from reconciler.promotion.promotion_request import PromotionKind
from reconciler.promotion.pull_request.branch import observe_branch
from reconciler.promotion.pull_request.observe import is_overtaken
from reconciler.promotion.pull_request.session import OurPullRequest, PromotionSession
from reconciler.promotion.pull_request.situation import work_of


def open_rollback(
    session: PromotionSession, environment: str, app: AppName, release: str = ""
) -> OurPullRequest | None:
    """The open request that takes back what an app runs now.

    Raises if it goes to another release than the one that is wanted, or takes back something else.
    """
    kind = PromotionKind.rollback
    for ours in session.our_pulls():
        if (ours.request.kind, ours.request.target) == (kind, environment) and app in ours.apps:
            _check_wanted(ours, release)
            _check_same(session, ours)
            return ours
    return None


def _check_wanted(ours: OurPullRequest, release: str) -> None:
    if release and release != ours.request.release:
        raise RollbackIsOpen(
            f"request {ours.pull.number} is open, and goes back to {ours.request.release[:10]}",
            hint=_close_it(ours),
        )


def _check_same(session: PromotionSession, ours: OurPullRequest) -> None:
    planned = session.planned(ours.request)
    branch = observe_branch(session.builder, session.branches, work_of(planned))
    if planned.plan.blocked or (planned.plan.due and not is_overtaken(planned, branch)):
        return
    raise RollbackIsOpen(
        f"{ours.request.target} runs something else than when request {ours.pull.number} was "
        f"opened: {ours.pull.title}",
        why=f"it would take back {_taken_text(planned.plan)} now",
        hint=_close_it(ours),
    )


def _close_it(ours: OurPullRequest) -> str:
    return f"reconciler promote close {ours.pull.number}, and then this again"


def _taken_text(plan: Plan) -> str:
    known = {step.app: versions(step) for step in plan.due}
    ways = [f"{app} {pair[0]} → {pair[1]}" for app, pair in known.items() if pair]
    return ", ".join(ways) or (", ".join(known) if known else "nothing")
