"""What came of objects in a sync, in lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import typer

from reconciler.cli.diff import styled
from reconciler.cli.output import show_error
from reconciler.cluster.apply import ApplyOutcome
from reconciler.cluster.conflicts import FieldConflict
from reconciler.controller.sync.object_done import ObjectDone
from reconciler.errors import printable
from reconciler.text.diff_lines import ADDED, CHANGED, PLAIN, REMOVED, Line

SIGNS = {
    ApplyOutcome.created: ADDED,
    ApplyOutcome.changed: CHANGED,
    ApplyOutcome.unchanged: PLAIN,
    ApplyOutcome.recreated: CHANGED,
}


def show_done(done: ObjectDone) -> None:
    """A line for each object that was not as it is now, or is not as it should be."""
    for line in _lines(done):
        typer.echo(styled(line))
    if done.error:
        show_error(done.error)


def _lines(done: ObjectDone) -> Iterator[Line]:
    name = printable(str(done.identity))
    if done.waits_for:
        yield Line(PLAIN, f"{name} waits for {printable(done.waits_for)}")
    elif done.hook:
        came = f" failed: {printable(done.failed)}" if done.failed else " has run"
        yield Line(PLAIN, f"{done.hook} {name}{' is refused' if done.error else came}")
    elif done.error:
        yield Line(CHANGED, f"{name} is refused")
    elif done.applied is None:
        yield Line(REMOVED, f"{name}{', which something else finishes' * done.is_leaving}")
    elif done.applied.outcome is ApplyOutcome.conflict:
        yield Line(CHANGED, f"{name} is held by others, and left as it is")
        yield from map(_held, done.conflicts)
    elif done.applied.outcome in SIGNS:
        if done.applied.outcome is not ApplyOutcome.unchanged:
            anew = done.applied.outcome is ApplyOutcome.recreated
            yield Line(SIGNS[done.applied.outcome], f"{name}{' is made anew' * anew}")
        yield from (Line(PLAIN, f"  {_field(c)} is taken back") for c in done.applied.taken)
        yield from (Line(PLAIN, f"  {_field(c)} is left to it") for c in done.applied.left)


def _held(conflict: FieldConflict) -> Line:
    return Line(PLAIN, f"  {_field(conflict)}")


def _field(conflict: FieldConflict) -> str:
    return printable(f"{conflict.field.removeprefix('.')}, which {conflict.manager} holds")


def summary(done: Sequence[ObjectDone], same: int) -> str:
    """How many of each, the good ones first."""
    counts = Counter(one.result for one in done)
    counts["unchanged"] += same
    order = ["created", "changed", "recreated", "unchanged", "deleted", "ran"]
    order += ["conflict", "refused", "failed", "waiting"]
    words = {"conflict": "held by others", "recreated": "made anew"}
    said = [f"{counts[name]:,} {words.get(name, name)}" for name in order if counts[name]]
    return ", ".join(said) or "nothing"
