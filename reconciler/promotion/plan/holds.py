"""What was taken away is not promoted again by itself.

The history of the main branch says so, by the commit of the rollback or by what somebody did by
hand: it holds for as long as the entry has the release that was given to it then. The images that
went with it are held in whatever release they come again, for as long as the entry has the commits
and images that were given to it then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.errors import FleetError
from reconciler.git.file_history import CommitMessage, CommitSummary
from reconciler.git.repository import Repository
from reconciler.git.trailers import trailers
from reconciler.kubernetes.images import images_in
from reconciler.model.environment import Environment
from reconciler.model.paths import AppName
from reconciler.promotion.plan.entry_fields import FieldAddress
from reconciler.promotion.plan.field_past import EntryPast
from reconciler.promotion.plan.plan import Plan, PromotionStep, StepState
from reconciler.promotion.plan.release_fields import release_fields
from reconciler.promotion.plan.release_fingerprint import IMAGE, of_bytes, of_edits, of_image
from reconciler.promotion.promotion_request import PromotionRequest, request_of_commit
from reconciler.render.renderer import Renderer
from reconciler.text.suggestions import listing
from reconciler.trees.edited import EditedTree
from reconciler.trees.tree import Tree

HOLD = "Promotion-Hold"


@dataclass(frozen=True, slots=True)
class Hold:
    """Releases and images of an app that stay away from an environment, by their marks."""

    marks: frozenset[str]
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
            name, *marks = value.split()
            if name == app:
                why = f"{found.id[:10]} rolled it back"
                why = f"{why}: {request.reason}" if request.reason else why
                return Hold(frozenset(marks), why)
    return None


def images_hold(
    repository: Repository, record: EntryPast, environment: Environment, app: AppName, file: str
) -> Hold | None:
    """The images that the last rollback took away, though a parameter may have changed since."""
    now: Mapping[FieldAddress, Any] | None = None
    for version, fields in record.versions(file):
        found = release_fields(environment, app, fields) if fields else {}
        named = {address: value for address, value in found.items() if address.names_release}
        if now is None:
            now = named
        if named != now:
            return None
        hold = hold_of(ours(repository, version.commit.id, environment.name), app)
        if hold:
            return replace(hold, marks=frozenset(m for m in hold.marks if m.startswith(IMAGE)))
    return None


def held_of(
    plan: Plan, holds: Mapping[AppName, Hold], renderer: Renderer, tree: Tree
) -> dict[AppName, Hold]:
    """Of the apps that a plan would promote, those whose release or image is kept away."""
    after = EditedTree(tree, plan.edits)
    found = {}
    for step in plan.due:
        hold = holds.get(step.app)
        if hold is None:
            continue
        before, then = (renderer.render(side, step.entry.folder).manifest for side in (tree, after))
        new = coming_images(renderer, before, then)
        again = [image for image in sorted(new) if of_image(image) in hold.marks]
        if {of_edits(step.edits), of_bytes(then)} & hold.marks:
            found[step.app] = hold
        elif again:
            found[step.app] = replace(hold, why=f"{listing(again)} would come again; {hold.why}")
    return found


def coming_images(renderer: Renderer, before: bytes, after: bytes) -> set[str]:
    """Those that `after` runs and `before` does not."""
    was, now = (set(images_in(json.loads(renderer.kernel.objects(m)))) for m in (before, after))
    return now - was


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
            hint="promote a newer image, or this one again with --override hold --reason TEXT",
        ),
    )
