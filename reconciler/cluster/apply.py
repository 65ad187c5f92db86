"""One object made so, as far as nobody else holds its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any, Literal

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.conflicts import Applied, FieldConflict
from reconciler.cluster.field_paths import without
from reconciler.cluster.ownership import own_digest
from reconciler.errors import ApiError
from reconciler.kubernetes.domain import METRICS_PREFIX

MAX_ROUNDS = 3  # what is left to one manager may show what another one holds
OURS = f"{METRICS_PREFIX}/"

Decision = Literal["take", "leave", "refuse"]
DECISIONS: tuple[Decision, ...] = ("take", "leave", "refuse")  # the safest last


@dataclass(frozen=True, slots=True)
class ConflictRule:
    """What is done about a field that Git says and somebody else holds; the first match counts."""

    manager: str
    field: str  # as spec.replicas
    do: Decision

    def __str__(self) -> str:
        """As people name it: kubectl*: take"""
        field = "" if self.field == "*" else f" {self.field}"
        return f"{self.manager}{field}: {self.do}"

    def fits(self, conflict: FieldConflict) -> bool:
        field = conflict.field.removeprefix(".")
        wanted = self.field.replace("[", "[[]")  # a list's bracket, and no choice of characters
        return fnmatchcase(conflict.manager, self.manager) and fnmatchcase(field, wanted)


# Two apps that want one object cannot both have it, whatever else is said.
FIRST_RULES = (ConflictRule(f"{OURS}*", "*", "refuse"),)
ANY_OTHER = ConflictRule("*", "*", "refuse")
DEFAULT_RULES = (
    ConflictRule("kubectl*", "*", "take"),  # by hand
    ConflictRule("before-first-apply", "*", "take"),  # as the server calls what nobody holds
    ConflictRule("kube-controller-manager", "spec.replicas", "leave"),  # an autoscaler
    ANY_OTHER,
)


class ApplyOutcome(StrEnum):
    created = "created"
    changed = "changed"
    unchanged = "unchanged"
    recreated = "recreated"  # deleted and made anew
    conflict = "conflict"  # somebody else holds a field, and nothing was changed
    refused = "refused"


@dataclass(frozen=True, slots=True)
class ObjectApplied:
    """What came of it, and the object's metadata if the server has it now."""

    outcome: ApplyOutcome
    metadata: Mapping[str, Any] | None = None
    own: str = ""
    taken: tuple[FieldConflict, ...] = ()
    left: tuple[FieldConflict, ...] = ()
    conflicts: tuple[FieldConflict, ...] = ()
    error: ApiError | None = None


async def apply_object(
    client: ApiClient,
    body: Mapping[str, Any],
    manager: str,
    rules: Sequence[ConflictRule] = DEFAULT_RULES,
    version: str = "",
) -> ObjectApplied:
    """Not by force at first, so that the server names whose fields would be taken.

    `version` is the resourceVersion that was seen: where it stays, nothing was to be done.
    """
    taken: list[FieldConflict] = []
    left: list[FieldConflict] = []
    open_: tuple[FieldConflict, ...] = ()
    try:
        for _ in range(MAX_ROUNDS):
            said = without(body, [conflict.field for conflict in left])
            done = await client.apply(said, manager, force=bool(taken), metadata_only=True)
            if isinstance(done, Applied):
                return _applied(done, manager, version, taken, left)
            open_ = done.fields
            decided = [(conflict, rule_for(rules, conflict).do) for conflict in open_]
            refused = tuple(conflict for conflict, do in decided if do == "refuse")
            if refused:
                return ObjectApplied(ApplyOutcome.conflict, conflicts=refused)
            left += [conflict for conflict, do in decided if do == "leave"]
            taken += [conflict for conflict, do in decided if do == "take"]
        return ObjectApplied(ApplyOutcome.conflict, conflicts=open_)
    except ApiError as e:
        return ObjectApplied(ApplyOutcome.refused, error=e)


def rule_for(rules: Sequence[ConflictRule], conflict: FieldConflict) -> ConflictRule:
    """What is decided by none is refused."""
    fitting = (rule for rule in (*FIRST_RULES, *rules) if rule.fits(conflict))
    return next(fitting, ANY_OTHER)


def _applied(
    done: Applied,
    manager: str,
    version: str,
    taken: Sequence[FieldConflict],
    left: Sequence[FieldConflict],
) -> ObjectApplied:
    metadata = done.object["metadata"]
    same = bool(version) and metadata["resourceVersion"] == version
    outcome = ApplyOutcome.unchanged if same else ApplyOutcome.changed
    return ObjectApplied(
        ApplyOutcome.created if done.is_created else outcome,
        metadata,
        own_digest(metadata, manager),
        tuple(taken),
        tuple(left),
    )
