"""Results as commit statuses: one for each gate, whatever the number of apps."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.errors import printable
from reconciler.forges.forge import Status, Verdict
from reconciler.promotion.gates.result import Gate, Result
from reconciler.promotion.gates.words import moment

PREFIX = "promotion/"
LONGEST = 140  # what GitHub takes
VERDICTS = {
    Gate.open: Verdict.success,
    Gate.overridden: Verdict.success,
    Gate.waiting: Verdict.pending,
    Gate.shut: Verdict.failure,
}
WORST = (Gate.shut, Gate.waiting, Gate.overridden, Gate.open)


def statuses_of(results: Sequence[Result]) -> list[Status]:
    """By the worst result of each gate."""
    return [_status(name, group) for name, group in grouped(results).items()]


def grouped(results: Sequence[Result]) -> dict[str, list[Result]]:
    """By the name of the gate, the worst first."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.name, []).append(result)
    return {
        name: sorted(group, key=lambda result: WORST.index(result.state))
        for name, group in found.items()
    }


def _status(name: str, group: Sequence[Result]) -> Status:
    worst = group[0]
    alike = sum(result.state is worst.state for result in group)
    app = f"{worst.app}: " if worst.app else ""
    more = f" (and {alike - 1:,} more)" if alike > 1 else ""
    opens = f"; opens {moment(worst.opens)}" if worst.opens else ""
    word = "overridden by " if worst.state is Gate.overridden else ""
    said = printable(f"{word}{app}{worst.evidence}")
    return Status(f"{PREFIX}{name}", VERDICTS[worst.state], _cut(said, f"{more}{opens}"))


def _cut(text: str, end: str) -> str:
    room = LONGEST - len(end)
    return (text if len(text) <= room else f"{text[: room - 1]}…") + end
