"""What came of each app that was named: for programs, and for the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import typer

from reconciler.cli.output import show_error
from reconciler.controller.sync.as_documents import done_document
from reconciler.controller.sync.object_done import ObjectDone, all_good
from reconciler.controller.sync.sync_plan import SyncPlan
from reconciler.errors import CheckFailed, ReconcilerError
from reconciler.model.entry import Entry
from reconciler.text.json_object import JsonObject


class AppOutcome(Protocol):
    @property
    def error(self) -> ReconcilerError | None:
        """Why nothing came of it."""

    @property
    def is_good(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class AppDone:
    """A sync of an app."""

    entry: Entry
    plan: SyncPlan | None = None
    done: Sequence[ObjectDone] = ()
    error: ReconcilerError | None = None
    is_well: bool = True  # where that was waited for

    @property
    def is_good(self) -> bool:
        return self.error is None and self.is_well and all_good(self.done)

    def document(self, commit: str) -> JsonObject:
        return done_document(self.entry, commit, self.plan, self.done, self.error)


def show_failure(what: str, error: ReconcilerError) -> None:
    """Of one app among several: it holds up no other."""
    typer.echo(typer.style(what, bold=True))
    show_error(error)


def end_as(outcomes: Sequence[AppOutcome]) -> None:
    """The error of the only app that was named is that of the command."""
    if len(outcomes) == 1 and (error := outcomes[0].error):
        raise error
    if not all(one.is_good for one in outcomes):
        raise typer.Exit(CheckFailed.exit_code)
