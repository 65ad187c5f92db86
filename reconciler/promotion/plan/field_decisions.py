"""Field by field: is it copied, does it stay, or does that take a person to decide?

A value of the target that the source has had is an older release, and makes way for the newer
one. A value that the source never had is the target's own, or a hotfix: it stays as long as the
source leaves the field alone, and is never overwritten without anybody deciding it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reconciler.errors import Place
from reconciler.git.file_history import CommitSummary
from reconciler.promotion.plan.copy_policy import CopyPolicy, Treatment
from reconciler.promotion.plan.entry_fields import EntryFields, FieldAddress


class NoValue:
    """In the place of a value: the field is not there."""

    __slots__ = ()


ABSENT = NoValue()


class FieldDecision(StrEnum):
    promoted = "promoted"
    review = "review"  # promoted, and somebody should look at it
    kept = "kept"
    conflict = "conflict"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a field that is not the same in both environments."""

    address: FieldAddress
    kind: FieldDecision
    source: Any
    target: Any
    why: str
    place: Place | None = None

    @property
    def is_edit(self) -> bool:
        return self.kind in (FieldDecision.promoted, FieldDecision.review)


@dataclass(frozen=True, slots=True)
class FieldPast:
    """The values that a field has had in an environment, the newest first."""

    values: tuple[Any, ...]
    since: CommitSummary | None  # what set the newest
    ago: int  # how many commits ago that was
    whole: bool = True


Recall = Callable[[FieldAddress], tuple[FieldPast, FieldPast]]


def merged(
    names: tuple[str, str],
    source: EntryFields,
    target: EntryFields,
    policy: Callable[[FieldAddress], CopyPolicy],
    recall: Recall,
) -> Iterator[Decision]:
    """All fields but the pins, in the order of the source and then of the target.

    A secret in the clear is of no concern here: it is neither copied nor shown.
    """
    for address in dict.fromkeys([*source.values, *target.values]):
        here, there = (f.values.get(address, ABSENT) for f in (source, target))
        if address.steps[0] != "secretGenerator" and not address.is_ref and here != there:
            place = target.place(address)
            yield decide(names, address, (here, there), policy(address), recall, place)


def decide(
    names: tuple[str, str],
    address: FieldAddress,
    values: tuple[Any, Any],
    rule: CopyPolicy,
    recall: Recall,
    place: Place | None,
) -> Decision:
    kind, why = _decided_kind(names, *values, address, rule, recall)
    return Decision(address, kind, *values, why, place)


def _decided_kind(
    names: tuple[str, str],
    here: Any,
    there: Any,
    address: FieldAddress,
    rule: CopyPolicy,
    recall: Recall,
) -> tuple[FieldDecision, str]:
    if rule.treatment is Treatment.keep:
        return FieldDecision.kept, rule.why
    taken = FieldDecision.review if rule.treatment is Treatment.review else FieldDecision.promoted
    source, target = recall(address)
    if there in source.values[1:]:
        return taken, f"{names[0]} has had this since {_commit(source)}; {rule.why}"
    if not (source.whole and target.whole):
        return FieldDecision.conflict, (
            f"this shallow clone does not tell whether {names[0]} ever had what {names[1]} has: "
            "git fetch --unshallow"
        )
    if there is ABSENT:
        return FieldDecision.kept, f"{names[0]} always had this, and {names[1]} never took it over"
    if source.ago == target.ago and (rule.declared or address.steps[0] == "images"):
        return (
            FieldDecision.review,
            f"both came with {_commit(target)}, and nothing says which is newer",
        )
    if source.ago >= target.ago or source.values == (ABSENT,):
        return FieldDecision.kept, f"it is {names[1]}'s own since {_commit(target)}"
    return FieldDecision.conflict, (
        f"{names[1]} has a value of its own since {_commit(target)}, which {names[0]} never had, "
        f"and {names[0]} has another one since {_commit(source)}"
    )


def _commit(past: FieldPast) -> str:
    return f"{past.since.id[:10]} ({past.since.subject})" if past.since else "the beginning"
