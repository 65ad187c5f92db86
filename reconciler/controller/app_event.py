"""What a person reads of one app: a sync that did something, a drift, or an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry


class Happening(StrEnum):
    """The words of the log."""

    applied = "applied"
    applied_in_part = "applied in part"
    not_applied = "not applied"
    refused = "refused"
    changed = "changed by somebody"
    deleted = "deleted by somebody"
    held = "not changed now"
    asked = "not deleted yet"
    well = "well"
    unwell = "not well"
    rolled_back = "rolled back"
    gone = "in Git no more, and still there"
    git_unread = "Git could not be read"
    unleased = "its lease cannot be renewed, so nothing is written"
    unshown = "how apps are cannot be shown in the cluster"
    unremembered = "well, and that could not be written"

    @property
    def reason(self) -> str:
        """As Kubernetes calls what happened."""
        return REASONS[self]


REASONS = {
    Happening.applied: "Applied",
    Happening.applied_in_part: "AppliedInPart",
    Happening.not_applied: "NotApplied",
    Happening.refused: "Refused",
    Happening.changed: "DriftDetected",
    Happening.deleted: "DriftDetected",
    Happening.held: "Held",
    Happening.asked: "DeletionNotConfirmed",
    Happening.well: "Healthy",
    Happening.unwell: "Unhealthy",
    Happening.rolled_back: "RolledBack",
    Happening.gone: "GoneFromGit",
    Happening.git_unread: "GitUnreadable",
    Happening.unleased: "LeaseLost",
    Happening.unshown: "NotShown",
    Happening.unremembered: "InventoryNotWritten",
}
WARNINGS = {
    *(Happening.applied_in_part, Happening.not_applied, Happening.refused, Happening.changed),
    *(Happening.deleted, Happening.unwell, Happening.rolled_back, Happening.git_unread),
    *(Happening.unremembered, Happening.unshown, Happening.asked, Happening.unleased),
}


@dataclass(frozen=True, slots=True)
class AppEvent:
    entry: Entry
    what: Happening
    fields: Mapping[str, Any] = field(default_factory=dict)
    error: ReconcilerError | None = None
    object: Identity | None = None  # of which it is told

    @property
    def warns(self) -> bool:
        """Should somebody look?"""
        return self.what in WARNINGS


Told = Callable[[AppEvent], None]
