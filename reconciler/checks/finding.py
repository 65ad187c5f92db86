"""One thing to say about one object."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.errors import Place
from reconciler.kubernetes.identity import Identity

POLICY = "policy/"  # how the rules are called that guards have


class Severity(StrEnum):
    """How bad it is, the worst first."""

    error = "error"
    warning = "warning"
    note = "note"

    def reaches(self, level: Severity) -> bool:
        order = list(Severity)
        return order.index(self) <= order.index(level)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, with which object of which app, at which of its fields, and what to do.

    A finding about a file of rules has neither app nor object, and always a place.
    """

    rule: str
    severity: Severity
    what: str
    hint: str = ""
    folder: str = ""  # of the app
    object: Identity | None = None
    index: int = -1
    path: str = ""
    where: Place | None = None
    missing_in: str | None = None  # of something that is not there: in which namespace
