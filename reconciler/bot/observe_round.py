"""What there is in a repository that a bot could take forward, and which of it comes next."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from reconciler.errors import ReconcilerError
from reconciler.model.environment import Environment
from reconciler.model.fleet import Fleet
from reconciler.promotion.plan.plan import Plan, StepState
from reconciler.promotion.plan.routes import apps_between
from reconciler.promotion.plan.steps import plan_of
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.asker import Asker
from reconciler.promotion.pull_request.session import PromotionSession

ALL_IN_ONE = "batch"


@dataclass(frozen=True, slots=True)
class Failed:
    """One of the things to do went wrong; the others went on."""

    what: str
    error: ReconcilerError


@dataclass(frozen=True, slots=True)
class RoundRequest:
    request: PromotionRequest
    asker: Asker


@dataclass(frozen=True, slots=True)
class RoundSituation:
    """`opened` are the requests that pull requests are open for, the oldest first.

    Plans are made without rendering, and only once there is nothing open left to take forward:
    what is merged of it changes them.
    """

    opened: tuple[PromotionRequest, ...]
    plans: tuple[tuple[Plan, Environment], ...] | None = None  # and where each goes
    failures: tuple[Failed, ...] = ()


def observe_round(session: PromotionSession, done: Collection[str]) -> RoundSituation:
    """Of a branch without a pull request nobody knows who pushed it, and of what the bot opened
    for somebody they would not count as the author.
    """
    ours = sorted(session.our_pulls(), key=lambda one: one.pull.number)
    opened = tuple(
        one.request for one in ours if one.pull.base == session.main_branch_for(one.request.target)
    )
    if any(request.branch not in done for request in opened):
        return RoundSituation(opened)
    fleet = session.planner.fleet(session.planner.opened(""))
    plans: list[tuple[Plan, Environment]] = []
    failures: list[Failed] = []
    for source, target in _ways(fleet):
        try:
            plans.append((_plan(session, fleet, source, target), target))
        except ReconcilerError as e:
            failures.append(Failed(f"{source.name} → {target.name}", e))
    return RoundSituation(opened, tuple(plans), tuple(failures))


def _ways(fleet: Fleet) -> Iterator[tuple[Environment, Environment]]:
    for target in fleet.environments:
        if target.promotion.propose != "never":
            for name in target.promotes_from:
                yield fleet.environment(name), target


def _plan(
    session: PromotionSession, fleet: Fleet, source: Environment, target: Environment
) -> Plan:
    branch = target.releases.branch
    base = session.planner.base(session.planner.opened(branch), branch)
    apps = apps_between(fleet, source.name, target.name, ())
    return plan_of(base, source, target, apps)


def next_requests(now: RoundSituation, done: Collection[str]) -> list[RoundRequest]:
    """What is open, and then what can be promoted, with hotfixes that have to be taken over."""
    opened = [RoundRequest(request, Asker.branch) for request in now.opened]
    due = [
        RoundRequest(request, Asker.bot)
        for plan, target in now.plans or ()
        for request in (*_due(plan, target), *_hotfixes(plan))
    ]
    found: dict[str, RoundRequest] = {}
    for one in (*opened, *due):
        if one.request.branch not in done:
            found.setdefault(one.request.branch, one)
    return list(found.values())


def _due(plan: Plan, target: Environment) -> list[PromotionRequest]:
    apps = [step.app for step in plan.due]
    request = PromotionRequest(PromotionKind.promotion, plan.source, plan.target)
    if target.promotion.propose == ALL_IN_ONE:
        return [request] if apps else []
    return [replace(request, apps=(app,)) for app in apps]


def _hotfixes(plan: Plan) -> list[PromotionRequest]:
    """For what the target has and the source lacks: the way against the chain."""
    ahead = (StepState.ahead, StepState.diverged)
    apps = [step.app for step in plan.steps if step.state in ahead]
    return [
        PromotionRequest(PromotionKind.hotfix, plan.target, plan.source, (app,)) for app in apps
    ]
