"""Makes the plan: reads both entries of each app, decides, edits, and renders what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from reconciler.compare.app_differences import AppDifference, differences, same_folders
from reconciler.errors import FleetError, ReconcilerError, RepositoryError
from reconciler.git.repository import Repository
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.files import read
from reconciler.model.paths import AppName, kustomization_in
from reconciler.promotion.plan.ancestry import Ancestry, Relation, ancestry_of
from reconciler.promotion.plan.copy_policy import Treatment, policy_of
from reconciler.promotion.plan.entry_edit import edited_entry
from reconciler.promotion.plan.entry_fields import EntryFields, FieldAddress
from reconciler.promotion.plan.field_decisions import (
    ABSENT,
    Decision,
    FieldDecision,
    FieldPast,
    decide,
    merged,
)
from reconciler.promotion.plan.field_past import EntryPast
from reconciler.promotion.plan.pin_matching import PinMatch, matched
from reconciler.promotion.plan.pinned_commit import is_ancestor, leads_to
from reconciler.promotion.plan.plan import Plan, PromotionStep, StepState
from reconciler.render.renderer import Render, Renderer
from reconciler.trees.edited import EditedTree
from reconciler.trees.tree import Tree

STEP_STATES = {
    Relation.ahead: StepState.ahead,
    Relation.diverged: StepState.diverged,
    Relation.unknown: StepState.unknown,
}


@dataclass(frozen=True, slots=True)
class Base:
    """What plans are made on: the main branch of a repository, and what it is called."""

    repository: Repository
    tree: Tree
    commit: str
    branch: str
    own: Collection[str]


@dataclass(frozen=True, slots=True)
class AppEntries:
    """An app in both environments."""

    app: AppName
    files: Sequence[str]
    source: EntryFields
    target: EntryFields
    content: bytes  # of the target's entry
    tip: str  # what a source runs that pins nothing
    version: int = 0  # of the source's entry: how many versions ago


def plan_of(
    base: Base,
    source: Environment,
    target: Environment,
    apps: Sequence[AppName],
    release: str | None = None,
) -> Plan:
    """Without rendering: what is to be done with each app."""
    files = {app: tuple(_file(base.tree, e.entry(app)) for e in (source, target)) for app in apps}
    paths = [path for pair in files.values() for path in pair]
    record = EntryPast(base.repository.history(base.commit, paths))
    planner = _Planner(base, source, target, record, release)
    steps = tuple(planner.step(app, files[app]) for app in apps)
    return Plan(source.name, target.name, base.branch, base.commit, steps)


def rendered(
    plan: Plan, renderer: Renderer, tree: Tree, progress: Callable[[Render], None] | None = None
) -> Plan:
    """With what the plan changes in the objects of each app.

    Where the source follows the branch, a commit that changes no object is no new release.
    """
    folders = [step.entry.folder for step in plan.due]
    after = EditedTree(tree, plan.edits)
    pairs = same_folders(folders, folders)
    found = {d.pair.name: d for d in differences(renderer, tree, after, pairs, progress)}
    return replace(
        plan,
        steps=tuple(
            _with_difference(step, found) if step.state is StepState.due else step
            for step in plan.steps
        ),
    )


def _with_difference(step: PromotionStep, found: dict[str, AppDifference]) -> PromotionStep:
    difference = found.get(step.entry.folder)
    if difference and difference.failed_after:
        return replace(step, state=StepState.failed, problem=difference.failed_after)
    follows = step.follows and not difference
    if follows and all(decision.address.is_ref for decision in step.edits):
        return replace(step, state=StepState.same, edit=None)
    return replace(step, difference=difference)


class _Planner:
    def __init__(
        self,
        base: Base,
        source: Environment,
        target: Environment,
        record: EntryPast,
        release: str | None,
    ) -> None:
        self._base = base
        self._source = source
        self._target = target
        self._names = (source.name, target.name)
        self._record = record
        # Apps that were released together are pinned to the same commits.
        self._ancestry = lru_cache(maxsize=None)(partial(ancestry_of, base.repository))
        self._commit = lru_cache(maxsize=None)(lambda ref: base.repository.fetched(ref))
        self._held = lru_cache(maxsize=None)(partial(base.repository.holds, base.branch))
        self._release = base.repository.resolve(release) if release else None

    def step(self, app: AppName, files: Sequence[str]) -> PromotionStep:
        entry = self._target.entry(app)
        try:
            return self._decided(entry, self._pair(app, files))
        except ReconcilerError as e:
            missing = isinstance(e, RepositoryError) and self._base.repository.is_shallow
            return PromotionStep(
                entry, StepState.unknown if missing else StepState.failed, problem=e
            )

    def _pair(self, app: AppName, files: Sequence[str]) -> AppEntries:
        tree, commit = self._base.tree, self._base.commit
        contents = [read(tree, file) for file in files]
        source, target = map(self._record.read, contents, files)
        pair = AppEntries(app, files, source, target, contents[1], commit)
        return pair if self._release is None else self._as_of(pair, self._release)

    def _as_of(self, pair: AppEntries, release: str) -> AppEntries:
        """With the source as it was when it ran a release."""
        repository = self._base.repository
        for number, (version, fields) in enumerate(self._record.versions(pair.files[0])):
            if fields is None:
                continue
            if any(leads_to(repository, pin.ref, release) for pin in fields.pins.values()):
                return replace(pair, source=fields, version=number)
            if not fields.pins and is_ancestor(repository, version.commit.id, release):
                return replace(pair, source=fields, tip=release, version=number)
        raise FleetError(
            f"{self._names[0]} has never run the release {release[:10]} of {pair.app}",
            hint=f"reconciler promote history {self._names[0]} {pair.app} shows what it ran",
        )

    def _decided(self, entry: Entry, pair: AppEntries) -> PromotionStep:
        matches = list(matched(self._names, pair.source, pair.target, self._base.own, pair.tip))
        ancestries: list[Ancestry] = []
        decisions: list[Decision] = []
        for match in matches:
            line, decision = self._pin(pair, match)
            ancestries += [line] if line else []
            decisions += [decision] if decision else []
        unlanded = next((problem for line in ancestries if (problem := self._unlanded(line))), None)
        decisions += merged(
            self._names,
            pair.source,
            pair.target,
            lambda address: policy_of(self._target, pair.app, address),
            lambda address: self._pasts(pair, address, address),
        )
        found = PromotionStep(
            entry,
            StepState.same,
            tuple(ancestries),
            tuple(decisions),
            follows=not pair.source.pins,
        )
        if unlanded:
            return replace(found, state=unlanded[0], problem=unlanded[1])
        for relation, state in STEP_STATES.items():
            if any(line.relation is relation for line in ancestries):
                return replace(found, state=state)
        if found.decided(FieldDecision.conflict):
            return replace(found, state=StepState.diverged)
        if found.edits:
            edit = edited_entry(pair.files[1], pair.content, pair.target, found.edits)
            return replace(found, state=StepState.due, edit=edit)
        return found

    def _pin(self, pair: AppEntries, match: PinMatch) -> tuple[Ancestry | None, Decision | None]:
        here, there = match.ref, match.pin.ref
        rule = policy_of(self._target, pair.app, match.address)
        place = pair.target.place(match.address)
        if rule.treatment is Treatment.keep:
            kept = Decision(match.address, FieldDecision.kept, here, there, rule.why, place)
            return None, kept if here != there else None
        if not match.own:
            decision = decide(
                self._names,
                match.address,
                (here, there),
                rule,
                lambda address: self._pasts(pair, match.came or address, address),
                place,
            )
            return None, decision if here != there else None
        commits = [self._commit(ref) for ref in (here, there)]
        line = self._ancestry(*commits)
        if line.relation is not Relation.behind:
            return line, None
        kind = (
            FieldDecision.review if rule.treatment is Treatment.review else FieldDecision.promoted
        )
        count = f"{len(line.coming):,} commit{'s' if len(line.coming) > 1 else ''}"
        why = f"{self._names[0]} is {count} ahead; {rule.why}"
        return line, Decision(match.address, kind, commits[0], there, why, place)

    def _unlanded(self, line: Ancestry) -> tuple[StepState, ReconcilerError] | None:
        branch = self._base.branch
        held = self._held(line.source)
        name = branch or "the main branch"
        if held is None:
            return StepState.unknown, FleetError(
                f"this clone does not tell whether {line.source[:10]} is on {name}",
                hint="fetch the whole history: git fetch --unshallow",
            )
        if held:
            return None
        return StepState.unlanded, FleetError(
            f"{line.source[:10]}, which {self._names[0]} runs, is not on {name}",
            hint="merge it first: only what is on the main branch is promoted",
        )

    def _pasts(
        self, pair: AppEntries, source: FieldAddress, target: FieldAddress
    ) -> tuple[FieldPast, FieldPast]:
        wanted = pair.target.values.get(target, ABSENT)
        past = self._record.past(pair.files[0], source, wanted, pair.version)
        return past, self._record.latest(pair.files[1], target)


def _file(tree: Tree, entry: Entry) -> str:
    found = kustomization_in(tree, entry.folder)
    if found is None:
        raise FleetError(f"there is no app {entry}", hint="reconciler list shows what there is")
    return found
