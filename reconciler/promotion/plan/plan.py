"""What a promotion would do: for each app what it copies, what it leaves alone, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reconciler.compare.app_differences import AppDifference
from reconciler.errors import ReconcilerError
from reconciler.model.entry import Entry
from reconciler.model.paths import AppName
from reconciler.promotion.plan.ancestry import Ancestry
from reconciler.promotion.plan.field_decisions import Decision, FieldDecision


class StepState(StrEnum):
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
class EntryEdit:
    """A file before and after."""

    path: str
    before: bytes
    after: bytes
    rewritten: bool = False  # the whole document, where no single lines could be changed


@dataclass(frozen=True, slots=True)
class PromotionStep:
    """One app of a promotion."""

    entry: Entry
    state: StepState
    ancestries: tuple[Ancestry, ...] = ()
    decisions: tuple[Decision, ...] = ()
    edit: EntryEdit | None = None
    difference: AppDifference | None = None
    problem: ReconcilerError | None = None
    follows: bool = False  # the source pins nothing

    @property
    def app(self) -> AppName:
        return self.entry.app

    @property
    def edits(self) -> list[Decision]:
        return self.decided(FieldDecision.promoted, FieldDecision.review)

    def decided(self, *kinds: FieldDecision) -> list[Decision]:
        return [decision for decision in self.decisions if decision.kind in kinds]


@dataclass(frozen=True, slots=True)
class Plan:
    """A promotion from one environment to another, on top of a commit of the main branch."""

    source: str
    target: str
    branch: str
    base: str
    steps: tuple[PromotionStep, ...]

    @property
    def goes_back(self) -> bool:
        """Is it a rollback, which stays in its environment?"""
        return self.source == self.target

    @property
    def due(self) -> list[PromotionStep]:
        return [step for step in self.steps if step.state is StepState.due]

    @property
    def blocked(self) -> list[PromotionStep]:
        """What a person must look at before it can go on."""
        fine = (StepState.due, StepState.same)
        return [step for step in self.steps if step.state not in fine]

    @property
    def edits(self) -> dict[str, bytes]:
        return {step.edit.path: step.edit.after for step in self.due if step.edit}
