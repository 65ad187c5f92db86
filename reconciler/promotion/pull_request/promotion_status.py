"""How promotions to an environment stand: what is open, and what could be proposed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler.errors import UsageError
from reconciler.forges.forge import PullRequest
from reconciler.health.sources import HealthSources
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.followed_overlays import following
from reconciler.model.paths import AppName
from reconciler.promotion.gates.judge import judge
from reconciler.promotion.gates.question import GateQuestion
from reconciler.promotion.gates.result import GateResult
from reconciler.promotion.plan.planner import PlannedPromotion, Planner
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.branch import BranchState, observe_branch
from reconciler.promotion.pull_request.gate_question import question_of
from reconciler.promotion.pull_request.observe import is_abandoned
from reconciler.promotion.pull_request.session import OurPullRequest, PromotionSession
from reconciler.promotion.pull_request.situation import work_of
from reconciler.promotion.report.inspection import inspect_target
from reconciler.trees.commit import CommitTree

MOST_ASKED = 10  # apps that a forge is asked about


@dataclass(frozen=True, slots=True)
class ClosedRequest:
    """A request that nobody proposes again by itself."""

    number: int
    request: PromotionRequest
    apps: tuple[AppName, ...]


@dataclass(frozen=True, slots=True)
class PromotionStatus:
    """`question` holds its pull request, if one is open."""

    request: PromotionRequest
    question: GateQuestion
    results: tuple[GateResult, ...]
    is_behind: bool = False  # the branch does not hold what would be promoted by now
    closed: tuple[ClosedRequest, ...] = ()  # what somebody closed that proposed just this

    @property
    def passes(self) -> bool:
        plan = self.question.plan
        return not (self.is_behind or plan.blocked) and all(r.passes for r in self.results)


def statuses_of(
    planner: Planner,
    sources: HealthSources,
    target: str,
    now: datetime,
    session: PromotionSession | None = None,
    apps: Sequence[AppName] = (),
) -> Iterator[PromotionStatus]:
    """Without a session no forge is asked, and all counts as not proposed yet.

    Of these apps, or of all.
    """
    opened = [o for o in session.our_pulls() if o.request.target == target] if session else []
    for ours in opened:
        assert session  # noqa: S101
        if not apps or ours.apps.intersection(apps):
            yield status_of(session, ours, now)
    for source in _sources(planner, target, needed=not opened):
        kind = PromotionKind.promotion
        alike = [o for o in opened if (o.request.kind, o.request.source) == (kind, source)]
        asked = {app for ours in alike for app in ours.apps}
        request = PromotionRequest(kind, source, target, tuple(apps))
        planned = planner.planned(request, asked)
        if planned.plan.due or planned.plan.blocked or not opened:
            found = _status(planner, sources, planned, now, session)
            closed = _closed(session, planned) if session else ()
            yield replace(found, closed=tuple(closed))


def _closed(session: PromotionSession, planned: PlannedPromotion) -> Iterator[ClosedRequest]:
    """Of those for all apps, for just these, and for one; the newest that it may have been."""
    due = tuple(step.app for step in planned.plan.due)
    if not due:
        return
    for apps in dict.fromkeys([(), due, *((app,) for app in due[:MOST_ASKED])]):
        request = replace(planned.request, apps=apps)
        last = session.last_pull(request.branch, planned.main)
        steps = tuple(step for step in planned.plan.steps if step.app in (apps or due))
        alone = replace(planned, plan=replace(planned.plan, steps=steps))
        if last and is_abandoned(alone, last):
            yield ClosedRequest(last.number, request, apps or due)


def promoted_environments(planner: Planner) -> list[str]:
    """Those that releases are promoted to, in the order of the chain."""
    fleet = planner.fleet(planner.opened(""))
    return [e.name for e in fleet.environments if e.promotes_from]


def follows_branch(planner: Planner, name: str) -> list[Entry]:
    """The apps of an environment whose changes no gate sees."""
    tree, target = _declared(planner, name)
    return [target.entry(app) for app in following(tree, planner.fleet(tree), target)]


def _declared(planner: Planner, name: str) -> tuple[CommitTree, Environment]:
    """An environment as the branch has it that its pins must be on."""
    branch = planner.fleet(planner.opened("")).environment(name).releases.branch
    tree = planner.opened(branch)
    return tree, planner.fleet(tree).environment(name)


def _sources(planner: Planner, name: str, *, needed: bool) -> tuple[str, ...]:
    _, target = _declared(planner, name)
    if needed and not target.promotes_from:
        raise UsageError(
            f"nothing is promoted to {name}",
            why="it is the beginning of its chain",
            hint=f"set promotesFrom of {target.folder}/environment.yaml",
        )
    return target.promotes_from


def status_of(session: PromotionSession, ours: OurPullRequest, now: datetime) -> PromotionStatus:
    planned = session.planned(ours.request)
    branch = observe_branch(session.builder, session.branches, work_of(planned))
    return _status(session.planner, session.sources, planned, now, session, ours.pull, branch)


def _status(
    planner: Planner,
    sources: HealthSources,
    planned: PlannedPromotion,
    now: datetime,
    session: PromotionSession | None,
    pull: PullRequest | None = None,
    branch: BranchState | None = None,
) -> PromotionStatus:
    found = inspect_target(planned.plan, planner.renderer, planned.tree, planner.repository)
    question = question_of(
        planned,
        found,
        planner.renderer,
        sources,
        now,
        session.forge if session else None,
        pull,
        [p for p in session.open_pulls() if p != pull] if session else (),
        branch.theirs if branch else (),
    )
    results = tuple(judge(question)) if planned.plan.due else ()
    behind = bool(branch and planned.plan.due and branch.needs_push)
    return PromotionStatus(planned.request, question, results, behind)
