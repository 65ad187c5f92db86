"""How the gates of a promotion stand, in lines with a sign each, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.gates.statuses import grouped
from reconciler.text.diff_lines import ADDED, CHANGED, PLAIN, REMOVED, Line
from reconciler.text.durations import exact
from reconciler.text.suggestions import listing

SIGNS = {
    Gate.open: ADDED,
    Gate.overridden: ADDED,
    Gate.waiting: CHANGED,
    Gate.closed: REMOVED,
}


def gate_lines(results: Sequence[GateResult], why: bool) -> Iterator[Line]:
    """Without reasons, a line for each gate."""
    for name, group in grouped(results).items():
        opens = max((result.opens for result in group if result.opens), default=None)
        when = f", opens {exact(opens)}" if opens else ""
        yield Line(SIGNS[group[0].state], f"{name}: {group[0].state}{when}")
        if why:
            yield from (line for result in group for line in _reasons(result))


def _reasons(result: GateResult) -> Iterator[Line]:
    app = f"{result.app}: " if result.app else ""
    yield Line(PLAIN, f"    {app}{result.evidence}")
    if result.hint:
        yield Line(PLAIN, f"    to do: {result.hint}")


def outlook_text(results: Sequence[GateResult], opens: datetime | None) -> str:
    """What is waited for, of which some has to be done by somebody if there is no time."""
    names = listing([name for name, group in grouped(results).items() if not group[0].passes])
    if opens is None:
        return f"waiting for: {names}"
    return f"waiting for: {names}, until {exact(opens)} if nothing happens until then"


def waiting_text(result: GateResult) -> str:
    """One gate that is not open, in a clause."""
    until = f" until {exact(result.opens)}" if result.opens else ""
    return f"{result.name}{until or f', {result.evidence}'}"
