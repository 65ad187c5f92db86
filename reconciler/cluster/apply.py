"""One object made so, as far as nobody else holds its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.conflict_rules import DEFAULT_RULES, Rule, rule_for
from reconciler.cluster.conflicts import Applied, FieldConflict
from reconciler.cluster.field_paths import without
from reconciler.cluster.ownership import own_digest
from reconciler.errors import ApiError

MAX_ROUNDS = 3  # what is left to one manager may show what another one holds


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
    rules: Sequence[Rule] = DEFAULT_RULES,
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
            decided = [(conflict, rule_for(rules, conflict, body).do) for conflict in open_]
            refused = tuple(conflict for conflict, do in decided if do == "refuse")
            if refused:
                return ObjectApplied(ApplyOutcome.conflict, conflicts=refused)
            left += [conflict for conflict, do in decided if do == "leave"]
            taken += [conflict for conflict, do in decided if do == "take"]
        return ObjectApplied(ApplyOutcome.conflict, conflicts=open_)
    except ApiError as e:
        return ObjectApplied(ApplyOutcome.refused, error=e)


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
