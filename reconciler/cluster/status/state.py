"""How an object is, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reconciler.kubernetes.access import dig, items, number, text


class ObjectState(StrEnum):
    """The worst comes last."""

    healthy = "healthy"
    suspended = "suspended"
    progressing = "progressing"
    degraded = "degraded"


@dataclass(frozen=True, slots=True)
class ObjectStatus:
    state: ObjectState
    reason: str = ""


SEVERITY = {state: number for number, state in enumerate(ObjectState)}
SEEN_LATER = "its controller has not seen the last change yet"
HEALTHY = ObjectStatus(ObjectState.healthy)
LiveObject = Mapping[str, Any]
Kind = tuple[str, str]  # its group and its name


def kind_of(o: LiveObject) -> Kind:
    return text(o, "apiVersion").rpartition("/")[0], text(o, "kind")


def progressing(reason: str) -> ObjectStatus:
    return ObjectStatus(ObjectState.progressing, reason)


def degraded(reason: str) -> ObjectStatus:
    return ObjectStatus(ObjectState.degraded, reason)


def suspended(reason: str) -> ObjectStatus:
    return ObjectStatus(ObjectState.suspended, reason)


@dataclass(frozen=True, slots=True)
class Condition:
    """One of status.conditions; `said` is its message, else its reason."""

    is_true: bool
    is_false: bool
    reason: str
    message: str
    generation: int | None = None  # of the object, as it was when this was said

    @property
    def said(self) -> str:
        return self.message or self.reason


def condition(o: LiveObject, kind: str) -> Condition | None:
    for _, found in items(o, "status", "conditions"):
        if text(found, "type") == kind:
            status = text(found, "status")
            return Condition(
                status == "True",
                status == "False",
                text(found, "reason"),
                text(found, "message"),
                number(found, "observedGeneration"),
            )
    return None


def is_behind(o: LiveObject) -> bool:
    """Has its controller not seen yet what was applied last?"""
    seen, generation = (
        number(o, "status", "observedGeneration"),
        number(o, "metadata", "generation"),
    )
    return seen is not None and generation is not None and seen < generation


def count_of(o: LiveObject, *path: str) -> int:
    """A number of the status that is left out where it is none."""
    return number(dig(o, *path[:-1]), path[-1]) or 0
