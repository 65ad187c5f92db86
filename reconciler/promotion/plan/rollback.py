"""The way back: the plan that gives an environment what it ran before.

Only what a promotion brings goes back; what the environment has changed for itself since stays.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from reconciler.errors import FleetError, ReconcilerError, UsageError
from reconciler.git.file_history import FileVersion
from reconciler.git.trailers import trailers
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.files import read
from reconciler.model.paths import AppName, kustomization_in
from reconciler.promotion.plan.as_text import SHORT
from reconciler.promotion.plan.entry_edit import edited_entry
from reconciler.promotion.plan.entry_fields import EntryFields, FieldAddress, read_fields
from reconciler.promotion.plan.field_decisions import ABSENT, Decision, FieldDecision
from reconciler.promotion.plan.field_past import EntryPast
from reconciler.promotion.plan.holds import HOLD, coming_images
from reconciler.promotion.plan.pinned_commit import leads_to
from reconciler.promotion.plan.plan import Plan, PromotionStep, StepState
from reconciler.promotion.plan.release_fields import release_fields
from reconciler.promotion.plan.release_fingerprint import of_bytes, of_edits, of_image
from reconciler.promotion.plan.release_history import release_history
from reconciler.promotion.plan.steps import Base
from reconciler.render.renderer import Renderer
from reconciler.text.suggestions import listing
from reconciler.trees.edited import EditedTree
from reconciler.yaml.nodes import shortened

FEW = 3  # ways back that an error names
UNTOLD = (
    "this clone is shallow, and does not tell what was before",
    "fetch the whole history: git fetch --unshallow",
)


def rollback_plan(
    base: Base,
    environment: Environment,
    apps: Sequence[AppName],
    release: str = "",
    refused: Collection[str] = (),
) -> Plan:
    """To the release before the present one that is none of those `refused`, by their marks.

    Or to the `release`, if the environment has run it.
    """
    files = {app: _file(base, environment.entry(app)) for app in apps}
    record = EntryPast(base.repository.history(base.commit, files.values()))
    steps = tuple(
        _step(base, environment, app, files[app], record, release, refused) for app in apps
    )
    return Plan(environment.name, environment.name, base.branch, base.commit, steps)


def release_before(
    base: Base, environment: Environment, app: AppName, refused: Collection[str]
) -> str:
    """The commit of the main branch that gave the app the release before the present one."""
    file = _file(base, environment.entry(app))
    record = EntryPast(base.repository.history(base.commit, [file]))
    now = read_fields(read(base.tree, file), file)
    return _chosen(base, environment, app, now, record, file, "", refused)[0].commit.id


def check_leads_back(base: Base, environment: Environment, app: AppName, release: str) -> None:
    """Raises for the commit that is pinned now, which says nothing of the images beside it."""
    file = _file(base, environment.entry(app))
    periods = [*release_history(base.repository, base.commit, environment, app, file)]
    pins = read_fields(read(base.tree, file), file).pins.values()
    pinned = any(leads_to(base.repository, pin.ref, release) for pin in pins)
    if not pinned or release in [period.commit.id for period in periods]:
        return
    ways = [period.commit for period in periods if period.is_there and not period.runs]
    named = listing([f"{c.id[:SHORT]} ({shortened(c.subject)})" for c in ways[:FEW]], "or")
    history = f"reconciler promote history {environment.name} {app}"
    raise UsageError(
        f"{environment.name}/{app} pins {release[:SHORT]} now: that is no release to go back to",
        why="a way back is a commit of the main branch that gave it another release",
        hint=f"--to {named}; {history} shows what it ran" if ways else history,
    )


def holds_of(plan: Plan, base: Base, renderer: Renderer) -> list[tuple[str, str]]:
    """The trailers that keep what is taken back from coming again."""
    found = []
    after = EditedTree(base.tree, plan.edits)
    for step in plan.due:
        taken = [Decision(d.address, d.kind, d.target, d.source, d.why) for d in step.edits]
        folder = step.entry.folder
        before, then = (renderer.render_all(side, [folder])[0] for side in (base.tree, after))
        marks = [of_edits(taken)]
        if not before.error:  # what does not render is rolled back all the same
            marks.append(of_bytes(before.manifest))
            if not then.error:
                gone = coming_images(renderer, then.manifest, before.manifest)
                marks += sorted(map(of_image, gone))
        found.append((HOLD, " ".join([step.app, *marks])))
    return found


def _step(
    base: Base,
    environment: Environment,
    app: AppName,
    file: str,
    record: EntryPast,
    release: str,
    refused: Collection[str],
) -> PromotionStep:
    entry = environment.entry(app)
    try:
        content = read(base.tree, file)
        now = read_fields(content, file)
        _, decisions = _chosen(base, environment, app, now, record, file, release, refused)
        edit = edited_entry(file, content, now, decisions)
    except ReconcilerError as e:
        return PromotionStep(entry, StepState.failed, problem=e)
    if not decisions:
        return PromotionStep(entry, StepState.same)
    return PromotionStep(entry, StepState.due, decisions=tuple(decisions), edit=edit)


def _chosen(
    base: Base,
    environment: Environment,
    app: AppName,
    now: EntryFields,
    record: EntryPast,
    file: str,
    release: str,
    refused: Collection[str],
) -> tuple[FileVersion, list[Decision]]:
    wanted = base.repository.resolve(release) if release else ""
    present = release_fields(environment, app, now)
    held = set(refused)
    # A commit that gave it a release may be what a later one pinned, too: then it means itself.
    gave = bool(wanted) and any(v.commit.id == wanted for v, _ in record.versions(file))
    for version, fields in record.versions(file):
        for commit in base.repository.brought(version.commit.id):
            for value in trailers(commit.message).get(HOLD, []):
                held |= set(value.split()[1:])
        if fields is None:
            continue
        decisions = rollback_order(present, release_fields(environment, app, fields), now, version)
        if wanted:
            if version.commit.id == wanted or (not gave and _pins(base, fields, wanted)):
                return version, decisions
        elif decisions and of_edits(decisions) not in held:
            return version, decisions
    why, hint = UNTOLD if base.repository.is_shallow else ("", "")
    if wanted:
        raise FleetError(
            f"{environment.name} has never run the release {wanted[:10]} of {app}",
            why=why,
            hint=hint or f"reconciler promote history {environment.name} {app} shows what it ran",
        )
    if not now.pins:
        why = "it pins nothing, and follows the branch"
        hint = "revert the commit of the overlay on the branch"
    raise FleetError(f"{environment.name} has run no other release of {app}", why=why, hint=hint)


def rollback_order(
    now: dict[FieldAddress, Any],
    then: dict[FieldAddress, Any],
    fields: EntryFields,
    version: FileVersion,
) -> list[Decision]:
    """What gives an entry a release that it had; a pin neither comes nor goes."""
    why = f"{version.commit.id[:10]} ({version.commit.subject}) had it"
    return [
        Decision(
            address,
            FieldDecision.promoted,
            then.get(address, ABSENT),
            now.get(address, ABSENT),
            why,
            fields.place(address),
        )
        for address in dict.fromkeys([*then, *now])
        if now.get(address, ABSENT) != then.get(address, ABSENT)
        and not (address.is_ref and (address not in now or address not in then))
    ]


def _pins(base: Base, fields: EntryFields, wanted: str) -> bool:
    return any(leads_to(base.repository, pin.ref, wanted) for pin in fields.pins.values())


def _file(base: Base, entry: Entry) -> str:
    found = kustomization_in(base.tree, entry.folder)
    if found is None:
        raise FleetError(f"there is no app {entry}", hint="reconciler list shows what there is")
    return found
