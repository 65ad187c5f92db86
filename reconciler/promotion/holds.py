"""What was taken away is not promoted again by itself.

The history of the main branch says so, by the commit of the rollback or by what somebody did by
hand: it holds for as long as the entry has the release that was given to it then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.errors import FleetError
from reconciler.git.history import About, Told
from reconciler.git.overlay import EditedTree
from reconciler.git.repository import Repository
from reconciler.git.trailers import trailers
from reconciler.git.tree import Tree
from reconciler.model.environment import Environment
from reconciler.promotion.errand import Errand, errand_of
from reconciler.promotion.fields import Address, Fields
from reconciler.promotion.fingerprint import of_bytes, of_edits
from reconciler.promotion.past import Record
from reconciler.promotion.plan import Plan, Standing, Step
from reconciler.promotion.policy import is_released
from reconciler.render.renderer import Renderer

HOLD = "Promotion-Hold"


@dataclass(frozen=True, slots=True)
class Hold:
    """Releases of an app that stay away from an environment, and what took them away."""

    releases: frozenset[str]
    why: str


def release_fields(environment: Environment, app: str, fields: Fields) -> dict[Address, Any]:
    """What a promotion may bring; the rest is the environment's own."""
    return {
        address: value
        for address, value in fields.values.items()
        if is_released(environment, app, address)
    }


def setter_of(record: Record, environment: Environment, app: str, file: str) -> About | None:
    """The commit that gave an entry its present release."""
    setter: About | None = None
    now: dict[Address, Any] | None = None
    for version, fields in record.versions(file):
        found = release_fields(environment, app, fields) if fields else {}
        if now is None:
            now = found
        if found != now:
            break
        setter = version.commit
    return setter


def ours(repository: Repository, commit: str, environment: str) -> Iterator[tuple[Told, Errand]]:
    """What a commit of the main branch brought to an environment by errands, and which."""
    for found in repository.brought(commit):
        errand = errand_of(found.message)
        if errand and errand.target == environment:
            yield found, errand


def hold_of(brought: Iterable[tuple[Told, Errand]], app: str) -> Hold | None:
    """What a rollback says that gave an entry its present release."""
    for found, errand in brought:
        for value in trailers(found.message).get(HOLD, []):
            name, *releases = value.split()
            if name == app:
                why = f"{found.id[:10]} rolled it back"
                why = f"{why}: {errand.reason}" if errand.reason else why
                return Hold(frozenset(releases), why)
    return None


def held_of(
    plan: Plan, holds: Mapping[str, Hold], renderer: Renderer, tree: Tree
) -> dict[str, Hold]:
    """Of the apps that a plan would promote, those whose very release is kept away."""
    after = EditedTree(tree, plan.edits)
    return {
        step.app: hold
        for step in plan.due
        if (hold := holds.get(step.app)) and _marks(step, renderer, after) & hold.releases
    }


def _marks(step: Step, renderer: Renderer, after: Tree) -> set[str]:
    return {of_edits(step.edits), of_bytes(renderer.render(after, step.entry.folder).manifest)}


def held_back(plan: Plan, held: Mapping[str, Hold]) -> Plan:
    """The plan without what is kept away."""
    steps = (_held(plan, s, held[s.app]) if s.app in held else s for s in plan.steps)
    return replace(plan, steps=tuple(steps))


def _held(plan: Plan, step: Step, hold: Hold) -> Step:
    return replace(
        step,
        standing=Standing.held,
        edit=None,
        problem=FleetError(
            f"this release of {step.app} is held back from {plan.target}",
            why=hold.why,
            hint="promote a newer release, or this one again with --override hold --reason TEXT",
        ),
    )
