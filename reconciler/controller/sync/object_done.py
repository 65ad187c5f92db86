"""What came of one object in a sync."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reconciler.cluster.apply import ApplyOutcome, ObjectApplied
from reconciler.cluster.conflicts import FieldConflict
from reconciler.cluster.treatment import HookPhase
from reconciler.controller.sync.sync_plan import SyncStep
from reconciler.errors import ReconcilerError
from reconciler.kubernetes.identity import Identity

GOOD = (
    ApplyOutcome.created,
    ApplyOutcome.changed,
    ApplyOutcome.unchanged,
    ApplyOutcome.recreated,
)


@dataclass(frozen=True, slots=True)
class ObjectDone:
    """Applied, or deleted where `applied` is None; or a hook that ran; or why not."""

    identity: Identity
    step: SyncStep
    applied: ObjectApplied | None = None
    error: ReconcilerError | None = None
    waits_for: str = ""  # what failed before it, or goes on
    is_leaving: bool = False  # deleted, and still there: something finishes with it first
    hook: HookPhase | None = None
    failed: str = ""  # why a hook did not succeed
    is_running: bool = False  # a hook, which the next sync finds again

    @property
    def result(self) -> str:
        """In a word, by which they are counted."""
        if self.waits_for:
            return "waiting"
        if self.hook:
            return "failed" if self.failed or self.error else "ran"
        if self.applied:
            return self.applied.outcome.value
        return "refused" if self.error else "deleted"

    @property
    def conflicts(self) -> tuple[FieldConflict, ...]:
        """Fields that others hold, for which it was left as it is."""
        return self.applied.conflicts if self.applied else ()

    @property
    def is_good(self) -> bool:
        if self.error or self.waits_for or self.failed:
            return False
        return self.applied is None or self.applied.outcome in GOOD


Told = Callable[[ObjectDone], None]


def all_good(done: Iterable[ObjectDone]) -> bool:
    return all(one.is_good for one in done)
