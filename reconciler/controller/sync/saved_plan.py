"""A plan in a file: what was looked at is what is applied, or nothing is.

It is bound to the commit, to the cluster, and to each object: its uid, and whether its fields are
still as they were. What only a controller writes, such as a status, makes it no other plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.cluster.inventory.record import About
from reconciler.controller.sync.sync_plan import PlannedObject, SyncPlan
from reconciler.errors import CheckFailed, UsageError
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry
from reconciler.text.json_object import JsonObject

FORMAT = 1
MAX_SHOWN = 5


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """Of one app."""

    entry: str
    commit: str
    repository: str
    cluster: str
    objects: Mapping[Identity, str]  # what is done, and what that stands on


def saved(entry: Entry, commit: str, about: About, plan: SyncPlan) -> SavedPlan:
    objects = {planned.identity: _stands_on(planned) for planned in plan.objects}
    hooks = {hook.identity: f"{hook.phase} {hook.wanted.want}" for hook in plan.hooks}
    return SavedPlan(str(entry), commit, about.repository, about.cluster, {**objects, **hooks})


def refuse_what_moved(before: SavedPlan, now: SavedPlan) -> None:
    if before.cluster != now.cluster:
        raise UsageError(
            f"the plan of {before.entry} is for another cluster",
            why=f"it was made for {before.cluster}, and this one is {now.cluster}",
        )
    if before.repository != now.repository:
        raise UsageError(f"the plan of {before.entry} is of {before.repository}")
    moved = [str(identity) for identity in _moved(before.objects, now.objects)]
    if moved:
        more = f", and {len(moved) - MAX_SHOWN:,} more" if len(moved) > MAX_SHOWN else ""
        raise CheckFailed(
            f"the plan of {before.entry} is void: {', '.join(moved[:MAX_SHOWN])}{more} moved since",
            hint=f"reconciler plan {before.entry} shows what would be done now",
        )


def plans_document(plans: Iterable[SavedPlan]) -> JsonObject:
    return {"format": FORMAT, "plans": [_document(plan) for plan in plans]}


def read_plans(found: Any, file: str) -> list[SavedPlan]:
    try:
        if found["format"] != FORMAT:
            raise UsageError(
                f"{file} was written by another version of this program",
                hint="make the plan anew: reconciler plan --save",
            )
        return [_plan(one) for one in found["plans"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise UsageError(
            f"{file} is no saved plan", hint="reconciler plan --save makes one"
        ) from None


def _stands_on(planned: PlannedObject) -> str:
    want = planned.wanted.want if planned.wanted else ""
    seen = f"{planned.seen.uid} {planned.seen.own}" if planned.seen else ""
    return f"{planned.step} {want} {seen}"


def _moved(before: Mapping[Identity, str], now: Mapping[Identity, str]) -> Iterator[Identity]:
    for identity in sorted({*before, *now}):
        if before.get(identity) != now.get(identity):
            yield identity


def _document(plan: SavedPlan) -> JsonObject:
    objects = [
        [i.group, i.kind, i.namespace, i.name, text] for i, text in sorted(plan.objects.items())
    ]
    about = {"app": plan.entry, "commit": plan.commit, "repository": plan.repository}
    return {**about, "cluster": plan.cluster, "objects": objects}


def _plan(found: Mapping[str, Any]) -> SavedPlan:
    objects = {
        Identity(str(group), str(kind), str(namespace), str(name)): str(text)
        for group, kind, namespace, name, text in found["objects"]
    }
    app, commit, repository, cluster = (
        str(found[name]) for name in ("app", "commit", "repository", "cluster")
    )
    return SavedPlan(app, commit, repository, cluster, objects)
