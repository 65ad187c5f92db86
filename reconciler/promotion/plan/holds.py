"""What was taken away is not promoted again by itself.

The history of the main branch says so, by the commit of the rollback or by what somebody did by
hand: it holds for as long as the entry has the release that was given to it then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.errors import FleetError
from reconciler.git.file_history import CommitMessage, CommitSummary
from reconciler.git.repository import Repository
from reconciler.git.trailers import trailers
from reconciler.model.environment import Environment
from reconciler.model.paths import AppName
from reconciler.promotion.plan.entry_fields import FieldAddress
from reconciler.promotion.plan.field_past import EntryPast
from reconciler.promotion.plan.plan import Plan, PromotionStep, StepState
from reconciler.promotion.plan.release_fields import release_fields
from reconciler.promotion.plan.release_fingerprint import of_bytes, of_edits
from reconciler.promotion.promotion_request import PromotionRequest, request_of_commit
from reconciler.render.renderer import Renderer
from reconciler.trees.edited import EditedTree
from reconciler.trees.tree import Tree

HOLD = "Promotion-Hold"


@dataclass(frozen=True, slots=True)
class Hold:
    """Releases of an app that stay away from an environment, and what took them away."""

    releases: frozenset[str]
    why: str


def setter_of(
    record: EntryPast, environment: Environment, app: AppName, file: str
) -> CommitSummary | None:
    """The commit that gave an entry its present release."""
    setter: CommitSummary | None = None
    now: dict[FieldAddress, Any] | None = None
    for version, fields in record.versions(file):
        found = release_fields(environment, app, fields) if fields else {}
        if now is None:
            now = found
        if found != now:
            break
        setter = version.commit
    return setter


def ours(
    repository: Repository, commit: str, environment: str
) -> Iterator[tuple[CommitMessage, PromotionRequest]]:
    """What a commit of the main branch brought to an environment by requests, and which."""
    for found in repository.brought(commit):
        request = request_of_commit(found.message)
        if request and request.target == environment:
            yield found, request


def hold_of(brought: Iterable[tuple[CommitMessage, PromotionRequest]], app: AppName) -> Hold | None:
    """What a rollback says that gave an entry its present release."""
    for found, request in brought:
        for value in trailers(found.message).get(HOLD, []):
            name, *releases = value.split()
            if name == app:
                why = f"{found.id[:10]} rolled it back"
                why = f"{why}: {request.reason}" if request.reason else why
                return Hold(frozenset(releases), why)
    return None


def held_of(
    plan: Plan, holds: Mapping[AppName, Hold], renderer: Renderer, tree: Tree
) -> dict[AppName, Hold]:
    """Of the apps that a plan would promote, those whose very release is kept away."""
    after = EditedTree(tree, plan.edits)
    return {
        step.app: hold
        for step in plan.due
        if (hold := holds.get(step.app)) and _marks(step, renderer, after) & hold.releases
    }


def _marks(step: PromotionStep, renderer: Renderer, after: Tree) -> set[str]:
    return {of_edits(step.edits), of_bytes(renderer.render(after, step.entry.folder).manifest)}


def held_back(plan: Plan, held: Mapping[AppName, Hold]) -> Plan:
    """The plan without what is kept away."""
    steps = (_held(plan, s, held[s.app]) if s.app in held else s for s in plan.steps)
    return replace(plan, steps=tuple(steps))


def _held(plan: Plan, step: PromotionStep, hold: Hold) -> PromotionStep:
    return replace(
        step,
        state=StepState.held,
        edit=None,
        problem=FleetError(
            f"this release of {step.app} is held back from {plan.target}",
            why=hold.why,
            hint="promote a newer release, or this one again with --override hold --reason TEXT",
        ),
    )
