"""What was rolled back is not promoted again by itself.

The rollback's commit says so, in the history of the main branch: it holds for as long as the entry
has the release that the rollback gave it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from reconciler.errors import FleetError
from reconciler.git.history import About
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
    """Releases of an app that stay away from an environment, and the rollback that says so."""

    releases: frozenset[str]
    by: str
    reason: str


def release_fields(environment: Environment, app: str, fields: Fields) -> dict[Address, Any]:
    """What a promotion may bring; the rest is the environment's own."""
    return {
        address: value
        for address, value in fields.values.items()
        if is_released(environment, app, address)
    }


def hold_of(
    repository: Repository, record: Record, environment: Environment, app: str, file: str
) -> Hold | None:
    """What the commit says that gave an entry its present release."""
    setter: About | None = None
    now: dict[Address, Any] | None = None
    for version, fields in record.versions(file):
        found = release_fields(environment, app, fields) if fields else {}
        if now is None:
            now = found
        if found != now:
            break
        setter = version.commit
    return _hold(repository, setter.id, environment.name, app) if setter else None


def _hold(repository: Repository, commit: str, environment: str, app: str) -> Hold | None:
    for found in repository.brought(commit):
        errand = errand_of(found.message)
        if errand is None or errand.target != environment:
            continue
        for value in trailers(found.message).get(HOLD, []):
            name, *releases = value.split()
            if name == app:
                return Hold(frozenset(releases), found.id, errand.reason)
    return None


def held_back(
    plan: Plan,
    errand: Errand,
    holds: dict[str, Hold],
    renderer: Renderer,
    tree: Tree,
) -> Plan:
    """The plan without what holds keep away, unless the errand overrides them."""
    if not holds or errand.unheld:
        return plan
    after = EditedTree(tree, plan.edits)
    return replace(
        plan,
        steps=tuple(
            _held(plan, step, holds[step.app], renderer, after) if step.app in holds else step
            for step in plan.steps
        ),
    )


def _held(plan: Plan, step: Step, hold: Hold, renderer: Renderer, after: Tree) -> Step:
    if step.standing is not Standing.due:
        return step
    marks = {of_edits(step.edits), of_bytes(renderer.render(after, step.entry.folder).manifest)}
    if not marks & hold.releases:
        return step
    why = f"{hold.by[:10]} rolled it back"
    return replace(
        step,
        standing=Standing.held,
        edit=None,
        problem=FleetError(
            f"this release of {step.app} is held back from {plan.target}",
            why=f"{why}: {hold.reason}" if hold.reason else why,
            hint="promote a newer release, or this one again with --override hold --reason TEXT",
        ),
    )
