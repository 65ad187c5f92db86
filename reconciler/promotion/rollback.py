"""The way back: the plan that gives an environment what it ran before.

Only what a promotion brings goes back; what the environment has changed for itself since stays.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from reconciler.errors import FleetError, ReconcilerError
from reconciler.git.history import Version
from reconciler.git.trailers import trailers
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.files import read
from reconciler.model.layout import kustomization_in
from reconciler.promotion.edit import edited_entry
from reconciler.promotion.fields import Address, Fields, read_fields
from reconciler.promotion.fingerprint import of_bytes, of_edits
from reconciler.promotion.holds import HOLD, release_fields
from reconciler.promotion.merge import ABSENT, Decision, Fate
from reconciler.promotion.past import Record
from reconciler.promotion.plan import Plan, Standing, Step
from reconciler.promotion.planner import Ground
from reconciler.render.renderer import Renderer

UNTOLD = (
    "this clone is shallow, and does not tell what was before",
    "fetch the whole history: git fetch --unshallow",
)


def rollback_plan(
    ground: Ground,
    environment: Environment,
    apps: Sequence[str],
    release: str = "",
    refused: Collection[str] = (),
) -> Plan:
    """To the release before the present one that is none of those `refused`, by their marks.

    Or to the `release`, if the environment has run it.
    """
    files = {app: _file(ground, Entry(environment.name, app)) for app in apps}
    record = Record(ground.repository.history(ground.base, files.values()))
    steps = tuple(
        _step(ground, environment, app, files[app], record, release, refused) for app in apps
    )
    return Plan(environment.name, environment.name, ground.branch, ground.base, steps)


def release_before(
    ground: Ground, environment: Environment, app: str, refused: Collection[str]
) -> str:
    """The commit of the main branch that gave the app the release before the present one."""
    file = _file(ground, Entry(environment.name, app))
    record = Record(ground.repository.history(ground.base, [file]))
    now = read_fields(read(ground.tree, file), file)
    return _chosen(ground, environment, app, now, record, file, "", refused)[0].commit.id


def holds_of(plan: Plan, ground: Ground, renderer: Renderer) -> list[tuple[str, str]]:
    """The trailers that keep what is taken back from coming again."""
    found = []
    for step in plan.due:
        taken = [Decision(d.address, d.fate, d.target, d.source, d.why) for d in step.edits]
        before = renderer.render_all(ground.tree, [step.entry.folder])[0]
        marks = [of_edits(taken)]
        if not before.error:  # what does not render is rolled back all the same
            marks.append(of_bytes(before.manifest))
        found.append((HOLD, " ".join([step.app, *marks])))
    return found


def _step(
    ground: Ground,
    environment: Environment,
    app: str,
    file: str,
    record: Record,
    release: str,
    refused: Collection[str],
) -> Step:
    entry = Entry(environment.name, app)
    try:
        content = read(ground.tree, file)
        now = read_fields(content, file)
        _, decisions = _chosen(ground, environment, app, now, record, file, release, refused)
        edit = edited_entry(file, content, now, decisions)
    except ReconcilerError as e:
        return Step(entry, Standing.failed, problem=e)
    if not decisions:
        return Step(entry, Standing.same)
    return Step(entry, Standing.due, decisions=tuple(decisions), edit=edit)


def _chosen(
    ground: Ground,
    environment: Environment,
    app: str,
    now: Fields,
    record: Record,
    file: str,
    release: str,
    refused: Collection[str],
) -> tuple[Version, list[Decision]]:
    wanted = ground.repository.commit(release).commit if release else ""
    present = release_fields(environment, app, now)
    held = set(refused)
    for version, fields in record.versions(file):
        for commit in ground.repository.brought(version.commit.id):
            for value in trailers(commit.message).get(HOLD, []):
                held |= set(value.split()[1:])
        if fields is None:
            continue
        decisions = way_back(present, release_fields(environment, app, fields), now, version)
        if wanted:
            if _ran(ground, version, fields, wanted):
                return version, decisions
        elif decisions and of_edits(decisions) not in held:
            return version, decisions
    why, hint = UNTOLD if ground.repository.is_shallow else ("", "")
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


def way_back(
    now: dict[Address, Any], then: dict[Address, Any], fields: Fields, version: Version
) -> list[Decision]:
    """What gives an entry a release that it had; a pin neither comes nor goes."""
    why = f"{version.commit.id[:10]} ({version.commit.subject}) had it"
    return [
        Decision(
            address,
            Fate.promoted,
            then.get(address, ABSENT),
            now.get(address, ABSENT),
            why,
            fields.place(address),
        )
        for address in dict.fromkeys([*then, *now])
        if now.get(address, ABSENT) != then.get(address, ABSENT)
        and not (address.is_ref and (address not in now or address not in then))
    ]


def _ran(ground: Ground, version: Version, fields: Fields, wanted: str) -> bool:
    if version.commit.id == wanted:
        return True
    for pin in fields.pins.values():
        try:
            if ground.repository.fetched(pin.ref).commit == wanted:
                return True
        except ReconcilerError:
            continue
    return False


def _file(ground: Ground, entry: Entry) -> str:
    found = kustomization_in(ground.tree, entry.folder)
    if found is None:
        raise FleetError(f"there is no app {entry}", hint="reconciler list shows what there is")
    return found
