"""What the annotations of one object say, field by field, and which of it counts."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TypeVar

from reconciler.cluster.conflict_rules import DECISIONS
from reconciler.cluster.treatment import (
    PLAIN,
    Applying,
    Going,
    HookDeletion,
    HookPhase,
    MayGo,
    ObjectTreatment,
    UnknownValue,
)
from reconciler.kubernetes.domain import DOMAIN

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class AnnotationReading:
    """What each annotation says, by field of the treatment, with its name."""

    def __init__(self) -> None:
        self.unknown: list[UnknownValue] = []
        self._said: dict[str, list[tuple[Any, str]]] = {}

    def say(self, field: str, value: object, by: str) -> None:
        self._said.setdefault(field, []).append((value, by))

    def doubt(self, name: str, value: str, known: Sequence[str]) -> None:
        self.unknown.append(UnknownValue(name, value, tuple(known)))

    def treatment(self) -> ObjectTreatment:
        if not self._said:
            return PLAIN
        applies, by = self._safest("applies", list(Applying))
        replaces_by_force = self._any("Replace") and self._any("Force")
        return ObjectTreatment(
            wave=self._first("wave", 0),
            hooks=() if applies is Applying.never else self._list("hooks", HookPhase),
            hook_deletion=self._list("hook_deletion", HookDeletion) or PLAIN.hook_deletion,
            prune=Going(*self._safest("prune", list(MayGo))),
            uninstall=Going(*self._safest("uninstall", list(MayGo))),
            is_approved=self._any("approved"),
            prunes_last=self._any("PruneLast"),
            applies=applies,
            applies_by=by,
            may_be_made_anew=self._any("anew") or replaces_by_force,
            ignores_health=self._any("ignores_health"),
            conflicts=self._safest("conflicts", [None, *DECISIONS])[0],
            reports_drift=self._first("reports_drift", None),
        )

    def _any(self, field: str) -> bool:
        return any(value for value, _ in self._said.get(field, ()))

    def _first(self, field: str, default: T) -> T:
        return next((value for value, _ in self._said.get(field, ())), default)

    def _list(self, field: str, order: type[E]) -> tuple[E, ...]:
        found = {value for value, _ in self._said.get(field, ())}
        return tuple(one for one in order if one in found)

    def _safest(self, field: str, order: Sequence[T]) -> tuple[T, str]:
        """The last of an order that is said; what is said by us before all others."""
        said = self._said.get(field, [])
        ours = [one for one in said if one[1].startswith(f"{DOMAIN}/")]
        return max(ours or said, key=lambda one: order.index(one[0]), default=(order[0], ""))
