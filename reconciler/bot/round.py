"""Everything that there is to do in a repository, once: what a bot does each time it wakes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.bot.rollout import Follower, RolloutLimits, RolloutReport
from reconciler.errors import ReconcilerError
from reconciler.forges.forge import PullRequest, PullRequestState
from reconciler.git.branches import HEADS, main_branch
from reconciler.health.sources import HealthSources
from reconciler.model.environment import Environment
from reconciler.model.fleet import Fleet
from reconciler.promotion.gates.result import Gate
from reconciler.promotion.plan.plan import Plan, StepState
from reconciler.promotion.plan.routes import apps_between
from reconciler.promotion.plan.steps import plan_of
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest, target_of
from reconciler.promotion.pull_request.asker import Asker
from reconciler.promotion.pull_request.branch import BranchWork, push_branches
from reconciler.promotion.pull_request.closing import covered_by, remove_branch
from reconciler.promotion.pull_request.conduct import Assess, Conducted, End, conduct, is_abandoned
from reconciler.promotion.pull_request.desk import BRANCHES, Desk

ALL_IN_ONE = "batch"


@dataclass(frozen=True, slots=True)
class Failed:
    """One of the things to do went wrong; the others went on."""

    what: str
    error: ReconcilerError


@dataclass(frozen=True, slots=True)
class Removed:
    branch: str


Happened = Conducted | RolloutReport | Failed | Removed


class Round:
    """Goes through it all; `ended` are rollouts that need no more looking after."""

    def __init__(
        self,
        desk: Desk,
        assess: Assess,
        sources: HealthSources,
        patience: RolloutLimits | None = None,
        ended: set[str] | None = None,
    ) -> None:
        self._desk = desk
        self._assess = assess
        self._follower = Follower(desk, sources, self._roll_back, patience or RolloutLimits())
        self._ended = ended if ended is not None else set()

    def go(self) -> Iterator[Happened]:
        self._desk.refresh()
        planner = self._desk.planner
        fleet = planner.fleet(planner.opened(""))
        done: set[str] = set()
        for errand in self._open():
            done.add(errand.branch)
            yield from self._one(errand, Asker.branch)
        for target in fleet.environments:
            for source in target.promotes_from if target.promotion.propose != "never" else ():
                yield from self._due(fleet, fleet.environment(source), target, done)
        yield from self._follow()
        yield from self._clean()

    def _open(self) -> list[PromotionRequest]:
        """What requests to merge are open for. Of a branch without one nobody knows who pushed it,
        and of what the bot opened for somebody they would not count as the author.
        """
        offers = sorted(self._desk.offers(), key=lambda offer: offer.pull.number)
        return [o.errand for o in offers if o.pull.base == self._main(o.errand.target)]

    def _main(self, target: str) -> str:
        planner = self._desk.planner
        fleet = planner.fleet(planner.opened(""))
        named = (e.releases.branch for e in fleet.environments if e.name == target)
        return main_branch(planner.repository.path, next(named, ""))

    def _one(self, errand: PromotionRequest, asker: Asker) -> Iterator[Happened]:
        try:
            yield conduct(self._desk, errand, self._assess, asker=asker)
        except ReconcilerError as e:
            self._desk.check()
            yield Failed(errand.branch, e)

    def _due(
        self, fleet: Fleet, source: Environment, target: Environment, done: set[str]
    ) -> Iterator[Happened]:
        """What can be promoted, and hotfixes that have to be taken over."""
        try:
            tree = self._desk.planner.opened(target.releases.branch)
            ground = self._desk.planner.ground(tree, target.releases.branch)
            apps = apps_between(fleet, source.name, target.name, ())
            plan = plan_of(ground, source, target, apps)
        except ReconcilerError as e:
            yield Failed(f"{source.name} → {target.name}", e)
            return
        fresh = [e for e in [*_errands(plan, target), *_hotfixes(plan)] if e.branch not in done]
        done |= {errand.branch for errand in fresh}
        push_branches(self._desk.shop, self._works(fresh))
        for errand in fresh:
            yield from self._one(errand, Asker.bot)

    def _works(self, errands: list[PromotionRequest]) -> Iterator[BranchWork]:
        """Those that cannot be planned tell it when their turn comes."""
        for errand in errands:
            try:
                scene = self._desk.scene(errand, covered_by(self._desk, errand))
                last = self._desk.last_pull(errand.branch, scene.main)
            except ReconcilerError:
                continue
            if scene.plan.due and not (last and is_abandoned(scene, last)):
                yield BranchWork(scene.plan, errand, scene.trailers)

    def _follow(self) -> Iterator[Happened]:
        try:
            for told in self._follower.follow(self._ended):
                if told.state is Gate.open:
                    self._ended.add(told.rollout.commit)
                yield told
        except ReconcilerError as e:
            self._desk.check()
            yield Failed("rollouts", e)

    def _roll_back(self, errand: PromotionRequest) -> PullRequest | None:
        """Of one app, since each goes back to a release of its own."""
        desk, (app,) = self._desk, errand.apps
        try:
            release = desk.planner.release_before(errand.target, app)
            errand = replace(errand, release=release)
            done = conduct(desk, errand, self._assess, asker=Asker.bot)
        except ReconcilerError:
            desk.check()
            return None
        return done.pull if done.end in (End.proposed, End.merged) else None

    def _clean(self) -> Iterator[Happened]:
        """Branches of what was merged or abandoned go, if nothing is lost with them."""
        desk = self._desk
        opened = {pull.branch for pull in desk.open_pulls()}
        for reference, tip in desk.shop.branches.tips(*BRANCHES).items():
            branch = reference.removeprefix(HEADS)
            if branch in opened:
                continue
            last = desk.last_pull(branch, self._main(target_of(branch)))
            over = (
                last is not None and last.state is not PullRequestState.open and last.commit == tip
            )
            try:
                if last and over and remove_branch(desk, last):
                    yield Removed(branch)
            except ReconcilerError as e:
                desk.check()
                yield Failed(branch, e)


def _errands(plan: Plan, target: Environment) -> list[PromotionRequest]:
    apps = [step.app for step in plan.due]
    errand = PromotionRequest(PromotionKind.promotion, plan.source, plan.target)
    if target.promotion.propose == ALL_IN_ONE:
        return [errand] if apps else []
    return [replace(errand, apps=(app,)) for app in apps]


def _hotfixes(plan: Plan) -> list[PromotionRequest]:
    """For what the target has and the source lacks: the way against the chain."""
    ahead = (StepState.ahead, StepState.diverged)
    apps = [step.app for step in plan.steps if step.standing in ahead]
    return [
        PromotionRequest(PromotionKind.hotfix, plan.target, plan.source, (app,)) for app in apps
    ]
