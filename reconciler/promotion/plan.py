"""What a promotion would do: for each app what it copies, what it leaves alone, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.compare.apps import AppDifference
from reconciler.errors import ReconcilerError
from reconciler.model.entry import Entry
from reconciler.promotion.lineage import Lineage
from reconciler.promotion.merge import Decision, Fate


class Standing(StrEnum):
    """How far the target is, seen from the source; only what is due is promoted."""

    due = "due"
    same = "same"  # there is nothing to promote
    ahead = "ahead"  # the target has commits that the source lacks
    diverged = "diverged"  # each has something that the other lacks
    unlanded = "unlanded"  # what the source runs is not on the main branch
    held = "held"  # it was rolled back, or reverted by hand
    unknown = "unknown"  # this clone does not hold enough to tell
    failed = "failed"  # an entry that cannot be read, edited or rendered


@dataclass(frozen=True, slots=True)
class Edit:
    """A file before and after."""

    path: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Step:
    """One app of a promotion."""

    entry: Entry
    standing: Standing
    lineages: tuple[Lineage, ...] = ()
    decisions: tuple[Decision, ...] = ()
    edit: Edit | None = None
    difference: AppDifference | None = None
    problem: ReconcilerError | None = None
    follows: bool = False  # the source pins nothing

    @property
    def app(self) -> str:
        return self.entry.app

    @property
    def edits(self) -> list[Decision]:
        return self.decided(Fate.promoted, Fate.review)

    def decided(self, *fates: Fate) -> list[Decision]:
        return [decision for decision in self.decisions if decision.fate in fates]


@dataclass(frozen=True, slots=True)
class Plan:
    """A promotion from one environment to another, on top of a commit of the main branch."""

    source: str
    target: str
    branch: str
    base: str
    steps: tuple[Step, ...]

    @property
    def due(self) -> list[Step]:
        return [step for step in self.steps if step.standing is Standing.due]

    @property
    def blocked(self) -> list[Step]:
        """What a person must look at before it can go on."""
        fine = (Standing.due, Standing.same)
        return [step for step in self.steps if step.standing not in fine]

    @property
    def edits(self) -> dict[str, bytes]:
        return {step.edit.path: step.edit.after for step in self.due if step.edit}
