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
from reconciler.git.history import About
from reconciler.promotion.fields import Address, Fields
from reconciler.promotion.policy import Policy, Treatment


class Absent:
    """In the place of a value: the field is not there."""

    __slots__ = ()


ABSENT = Absent()


class Fate(StrEnum):
    promoted = "promoted"
    review = "review"  # promoted, and somebody should look at it
    kept = "kept"
    conflict = "conflict"


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a field that is not the same in both environments."""

    address: Address
    fate: Fate
    source: Any
    target: Any
    why: str
    place: Place | None = None

    @property
    def is_edit(self) -> bool:
        return self.fate in (Fate.promoted, Fate.review)


@dataclass(frozen=True, slots=True)
class Past:
    """The values that a field has had in an environment, the newest first."""

    values: tuple[Any, ...]
    since: About | None  # what set the newest
    ago: int  # how many commits ago that was
    whole: bool = True


Recall = Callable[[Address], tuple[Past, Past]]


def merged(
    names: tuple[str, str],
    source: Fields,
    target: Fields,
    policy: Callable[[Address], Policy],
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
    address: Address,
    values: tuple[Any, Any],
    rule: Policy,
    recall: Recall,
    place: Place | None,
) -> Decision:
    fate, why = _fate(names, *values, address, rule, recall)
    return Decision(address, fate, *values, why, place)


def _fate(
    names: tuple[str, str],
    here: Any,
    there: Any,
    address: Address,
    rule: Policy,
    recall: Recall,
) -> tuple[Fate, str]:
    if rule.treatment is Treatment.keep:
        return Fate.kept, rule.why
    taken = Fate.review if rule.treatment is Treatment.review else Fate.promoted
    source, target = recall(address)
    if there in source.values[1:]:
        return taken, f"{names[0]} has this since {_commit(source)}; {rule.why}"
    if not (source.whole and target.whole):
        return Fate.conflict, (
            f"this shallow clone does not tell whether {names[0]} ever had what {names[1]} has: "
            "fetch the whole history"
        )
    if there is ABSENT:
        return Fate.kept, f"{names[0]} always had this, and {names[1]} never took it over"
    if source.ago == target.ago and (rule.declared or address.steps[0] == "images"):
        return Fate.review, f"both came with {_commit(target)}, and nothing says which is newer"
    if source.ago >= target.ago or source.values == (ABSENT,):
        return Fate.kept, f"it is {names[1]}'s own since {_commit(target)}"
    return Fate.conflict, (
        f"{names[1]} has a value of its own since {_commit(target)}, which {names[0]} never had, "
        f"and {names[0]} has another one since {_commit(source)}"
    )


def _commit(past: Past) -> str:
    return f"{past.since.id[:10]} ({past.since.subject})" if past.since else "the beginning"
