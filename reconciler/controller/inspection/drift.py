"""What is otherwise in a cluster than Git said, by field: who did it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reconciler.cluster.conflict_rules import Rule, rule_for
from reconciler.cluster.conflicts import FieldConflict
from reconciler.cluster.field_paths import value_at
from reconciler.cluster.ownership import FieldOwner, applier, holders, is_controller, owners_of
from reconciler.controller.inspection.live_objects import Unseen
from reconciler.errors import ApiError
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.values import ABSENT, Absent, HiddenValue, Value, same

CORRECT, REPORT = "reconcile.drift: correct", "reconcile.drift: report"
IN_GIT, IN_CLUSTER = HiddenValue(0), HiddenValue(1)  # two values of a Secret that nobody looked at


class DriftKind(StrEnum):
    changed = "changed"
    deleted = "deleted"
    replaced = "replaced"  # deleted, and made anew by somebody


class DriftAction(StrEnum):
    """What becomes of it by the rule that applies."""

    corrected = "corrected"
    left = "left"  # to whoever wrote it, so it is no drift
    refused = "refused"  # the object stays as it is until somebody decides
    reported = "reported"


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """Values are those of readers: nothing secret is in them."""

    field: str
    git: Value | Absent
    cluster: Value | Absent
    manager: str  # who wrote it; nothing where that is not known
    time: str
    action: DriftAction
    rule: str


@dataclass(frozen=True, slots=True)
class ObjectDrift:
    identity: Identity
    kind: DriftKind
    action: DriftAction
    rule: str
    fields: tuple[FieldDrift, ...] = ()
    error: ApiError | None = None  # why its fields are not known

    @property
    def is_drift(self) -> bool:
        """All that is left to others is as it should be."""
        if self.kind is not DriftKind.changed or self.error:
            return True
        return any(field.action is not DriftAction.left for field in self.fields)


@dataclass(frozen=True, slots=True)
class ForeignField:
    """What Git does not say, and somebody set beside it."""

    identity: Identity
    field: str
    value: Value | Absent
    manager: str
    time: str


@dataclass(frozen=True, slots=True)
class AppDrift:
    commit: str  # of the last sync; nothing if there was none
    objects: tuple[ObjectDrift, ...] = ()
    foreign: tuple[ForeignField, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    total: int = 0  # objects that were looked at

    @property
    def has_drifted(self) -> bool:
        return any(one.is_drift for one in self.objects)


@dataclass(frozen=True, slots=True)
class TwoSides:
    """An object as it is, and as the server says that Git's would be; both without secrets.

    Of a Secret they have metadata alone.
    """

    said: Mapping[str, Any]  # by Git
    live: Mapping[str, Any]
    wanted: Mapping[str, Any]
    live_metadata: Mapping[str, Any]  # with managedFields
    wanted_metadata: Mapping[str, Any]
    conflicts: tuple[FieldConflict, ...]
    is_veiled: bool

    def values(self, path: str) -> tuple[Value | Absent, Value | Absent]:
        """What Git says, and what is there."""
        if not self.is_veiled or path.startswith(".metadata"):
            return value_at(self.wanted, path), value_at(self.live, path)
        if any(conflict.field == path for conflict in self.conflicts):
            return IN_GIT, IN_CLUSTER
        return IN_GIT, IN_GIT if holders(self.live_metadata, path) else ABSENT


def field_drifts(
    sides: TwoSides, manager: str, rules: Sequence[Rule], *, reports: bool
) -> Iterator[FieldDrift]:
    """Of each field that Git says, is not ours any more, and has another value."""
    decided = {c: rule_for(rules, c, sides.said) for c in sides.conflicts}
    refusal = next((rule for rule in decided.values() if rule.do == "refuse"), None)
    before, after = (
        set(owner.paths) if owner else set()
        for owner in (
            applier(sides.live_metadata, manager),
            applier(sides.wanted_metadata, manager),
        )
    )
    whole: list[str] = []
    for path in sorted(after - before, key=lambda p: (len(p), p)):
        git, cluster = sides.values(path)
        if _is_within(path, whole) or same(git, cluster):
            continue
        if isinstance(cluster, Absent):
            whole.append(path)
        elif any(_is_within(other, [path]) for other in after):
            continue  # what is in it is told one by one
        of_field = [c for c in sides.conflicts if c.field == path]
        writer = _writer(sides.live_metadata, path, of_field)
        own = next((decided[conflict] for conflict in of_field), None)
        action, rule = _decided(own, refusal, reports=reports)
        name, time = (writer.manager, writer.time) if writer else ("", "")
        yield FieldDrift(path.removeprefix("."), git, cluster, name, time, action, rule)


def foreign_owners(metadata: Mapping[str, Any], manager: str) -> Iterator[tuple[str, FieldOwner]]:
    """Each field beside metadata and status that neither we nor a controller holds, and who does.

    Of an item or a mapping that is somebody's as a whole, only that.
    """
    ours = applier(metadata, manager)
    own = set(ours.paths) if ours else set()
    for owner in owners_of(metadata):
        if owner == ours or owner.subresource == "status" or is_controller(owner.manager):
            continue
        whole: list[str] = []
        for path in sorted(set(owner.paths) - own, key=lambda p: (len(p), p)):
            if path.startswith((".metadata", ".status")) or not path.strip("."):
                continue
            if _is_within(path, whole) or any(_is_within(held, [path]) for held in own):
                continue
            whole.append(path)
            yield path, owner


def _decided(rule: Rule | None, refusal: Rule | None, *, reports: bool) -> tuple[DriftAction, str]:
    if rule and rule.do == "leave":
        return DriftAction.left, str(rule)
    if reports:
        return DriftAction.reported, REPORT
    if refusal:
        return DriftAction.refused, str(refusal)
    return DriftAction.corrected, str(rule) if rule else CORRECT


def _writer(
    metadata: Mapping[str, Any], path: str, conflicts: Collection[FieldConflict]
) -> FieldOwner | None:
    known = holders(metadata, path)
    named = {conflict.manager for conflict in conflicts}
    return next((owner for owner in known if not named or owner.manager in named), None)


def _is_within(path: str, wholes: Iterable[str]) -> bool:
    return any(path.startswith((f"{whole}.", f"{whole}[")) for whole in wholes)
