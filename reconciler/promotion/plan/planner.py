"""From a request to its plan, on the main branch as it was last fetched."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from reconciler.git.addresses import address, remote_urls
from reconciler.git.branches import main_branch
from reconciler.git.names import BranchName
from reconciler.git.repository import Repository
from reconciler.model.addresses import listed_urls
from reconciler.model.environment import Environment
from reconciler.model.fleet import Fleet
from reconciler.model.fleet_at import fleet_at
from reconciler.model.paths import AppName, kustomization_in
from reconciler.promotion.plan.entry_edit import edited_entry
from reconciler.promotion.plan.entry_fields import read_fields
from reconciler.promotion.plan.field_decisions import FieldDecision
from reconciler.promotion.plan.field_past import EntryPast
from reconciler.promotion.plan.holds import (
    Hold,
    held_back,
    held_of,
    hold_of,
    images_hold,
    ours,
    setter_of,
)
from reconciler.promotion.plan.holds_by_hand import hold_by_hand
from reconciler.promotion.plan.plan import Plan, PromotionStep, StepState
from reconciler.promotion.plan.rollback import (
    check_leads_back,
    holds_of,
    release_before,
    rollback_plan,
)
from reconciler.promotion.plan.routes import apps_between, routes
from reconciler.promotion.plan.steps import Base, plan_of, rendered
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.render.renderer import Render, Renderer
from reconciler.trees.commit import CommitTree

Progress = Callable[[Render], None]


@dataclass(frozen=True, slots=True)
class PlannedPromotion:
    """A plan, and all that it was made of."""

    request: PromotionRequest
    plan: Plan
    base: Base
    tree: CommitTree
    fleet: Fleet
    source: Environment
    target: Environment
    main: BranchName  # what the branch is called that it goes to
    trailers: tuple[tuple[str, str], ...] = ()
    unheld: tuple[tuple[AppName, str], ...] = ()  # apps that it wants though they are held, and why


class Planner:
    """Plans requests in one repository."""

    def __init__(
        self,
        repository: Repository,
        renderer: Renderer,
        opened: Callable[[str], CommitTree],
    ) -> None:
        """`opened` gives a branch as it was last fetched, or the default one."""
        self.repository = repository
        self.renderer = renderer
        self.opened = opened
        self._fleets: dict[str, Fleet] = {}

    def fleet(self, tree: CommitTree) -> Fleet:
        """What a commit says of environments and apps, read once."""
        if tree.commit not in self._fleets:
            self._fleets[tree.commit] = fleet_at(tree, tree.commit)
        return self._fleets[tree.commit]

    def planned(
        self,
        request: PromotionRequest,
        without: Collection[str] = (),
        progress: Progress | None = None,
    ) -> PlannedPromotion:
        """By the policy that the main branch has; `without` some apps."""
        tree = self.opened("")
        fleet = self.fleet(tree)
        branch = fleet.environment(request.target).releases.branch
        if branch:
            tree = self.opened(branch)
            fleet = self.fleet(tree)
        source, target = self._ends(fleet, request)
        names = self._apps(fleet, request)
        base = self.base(tree, branch)
        plan = self._plan(request, base, source, target, [n for n in names if n not in without])
        plan = rendered(plan, self.renderer, tree, progress)
        held: dict[AppName, Hold] = {}
        if request.kind is PromotionKind.promotion:
            holds = self.holds(base, target, [step.app for step in plan.due])
            held = held_of(plan, holds, self.renderer, tree)
        if not request.unheld:
            plan, held = held_back(plan, held), {}
        trailers = (
            holds_of(plan, base, self.renderer) if request.kind is PromotionKind.rollback else []
        )
        main = main_branch(self.repository.path, branch)
        unheld = tuple((app, hold.why) for app, hold in held.items())
        return PlannedPromotion(
            *(request, plan, base, tree, fleet, source, target, main, tuple(trailers), unheld)
        )

    def release_to(self, environment: str, app: AppName, wanted: str = "") -> str:
        """The commit to go back to: the one that is wanted, or of the release before this one."""
        target = self.fleet(self.opened("")).environment(environment)
        branch = target.releases.branch
        base = self.base(self.opened(branch), branch)
        if wanted:
            check_leads_back(base, target, app, wanted)
            return wanted
        return release_before(base, target, app, self._refused(base, target, [app]))

    def base(self, tree: CommitTree, branch: str) -> Base:
        path = self.repository.path
        urls = [*remote_urls(path), *(listed.url for listed in listed_urls(tree) if listed.own)]
        own = {address(url, path) for url in urls}
        return Base(self.repository, tree, tree.commit, branch, own)

    def _ends(self, fleet: Fleet, request: PromotionRequest) -> tuple[Environment, Environment]:
        match request.kind:
            case PromotionKind.rollback:
                target = fleet.environment(request.target)
                return target, target
            case PromotionKind.hotfix:
                ((after, before),) = routes(fleet, request.target, request.source)
                return before, after
            case PromotionKind.promotion:
                ((source, target),) = routes(fleet, request.source, request.target)
                return source, target

    def _apps(self, fleet: Fleet, request: PromotionRequest) -> list[AppName]:
        return apps_between(fleet, request.source, request.target, request.apps)

    def _plan(
        self,
        request: PromotionRequest,
        base: Base,
        source: Environment,
        target: Environment,
        apps: list[AppName],
    ) -> Plan:
        if request.kind is PromotionKind.rollback:
            if request.release:
                return rollback_plan(base, target, apps, request.release)
            return rollback_plan(base, target, apps, refused=self._refused(base, target, apps))
        plan = plan_of(base, source, target, apps, request.release or None)
        return _of_releases(plan) if request.kind is PromotionKind.hotfix else plan

    def _refused(self, base: Base, target: Environment, apps: Iterable[AppName]) -> set[str]:
        """What was taken away is no way back."""
        return {mark for h in self.holds(base, target, apps).values() for mark in h.marks}

    def holds(
        self, base: Base, target: Environment, apps: Iterable[AppName]
    ) -> dict[AppName, Hold]:
        """What keeps releases away from apps."""
        folders = {app: target.entry(app).folder for app in apps}
        files = {app: kustomization_in(base.tree, at) for app, at in folders.items()}
        there = {app: file for app, file in files.items() if file}
        if not there:
            return {}
        record = EntryPast(self.repository.history(base.commit, there.values()))
        found = {app: self._hold(base, target, record, app, file) for app, file in there.items()}
        return {app: hold for app, hold in found.items() if hold}

    def _hold(
        self, base: Base, target: Environment, record: EntryPast, app: AppName, file: str
    ) -> Hold | None:
        setter = setter_of(record, target, app, file)
        if setter is None:
            return None
        brought = list(ours(self.repository, setter.id, target.name))
        if brought:
            found = hold_of(brought, app)
        else:
            found = hold_by_hand(base, self.renderer, record, target, app, file, setter)
        return found or images_hold(self.repository, record, target, app, file)


def _of_releases(plan: Plan) -> Plan:
    """A hotfix is a commit or an image: what else an environment has of its own stays with it."""

    return replace(plan, steps=tuple(_of_release(plan, step) for step in plan.steps))


def _of_release(plan: Plan, step: PromotionStep) -> PromotionStep:
    if not step.edit:
        return step
    why = f"it is {plan.source}'s own"
    decisions = tuple(
        replace(d, kind=FieldDecision.kept, why=why)
        if d.is_edit and not d.address.names_release
        else d
        for d in step.decisions
    )
    found = replace(step, decisions=decisions, edit=None)
    if not found.edits:
        return replace(found, state=StepState.same)
    path, before = step.edit.path, step.edit.before
    edit = edited_entry(path, before, read_fields(before, path), found.edits)
    return replace(found, edit=edit)
