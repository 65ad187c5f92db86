"""Results as commit statuses: one for each gate, whatever the number of apps."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.errors import printable
from reconciler.forges.forge import CommitStatus, StatusVerdict
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.text.durations import moment

PREFIX = "promotion/"
ALL = "all"  # what branch protection can ask for
LONGEST = 140  # what GitHub takes
VERDICTS = {
    Gate.open: StatusVerdict.success,
    Gate.overridden: StatusVerdict.success,
    Gate.waiting: StatusVerdict.pending,
    Gate.closed: StatusVerdict.failure,
}
WORST = (Gate.closed, Gate.waiting, Gate.overridden, Gate.open)


def statuses_of(results: Sequence[GateResult]) -> list[CommitStatus]:
    """By the worst result of each gate."""
    return [_status(name, group) for name, group in grouped(results).items()]


def waited_for(statuses: Sequence[CommitStatus]) -> list[str] | None:
    """The gates that were not open when they were last judged; none if they never were."""
    names = {s.context.removeprefix(PREFIX): s for s in statuses if s.context.startswith(PREFIX)}
    if not names:
        return None
    waits = [n for n, status in names.items() if status.verdict is not StatusVerdict.success]
    return [name for name in waits if name != ALL]


def grouped(results: Sequence[GateResult]) -> dict[str, list[GateResult]]:
    """By the name of the gate, the worst first."""
    found: dict[str, list[GateResult]] = {}
    for result in results:
        found.setdefault(result.name, []).append(result)
    return {
        name: sorted(group, key=lambda result: WORST.index(result.state))
        for name, group in found.items()
    }


def _status(name: str, group: Sequence[GateResult]) -> CommitStatus:
    worst = group[0]
    alike = sum(result.state is worst.state for result in group)
    app = f"{worst.app}: " if worst.app else ""
    more = f" (and {alike - 1:,} more)" if alike > 1 else ""
    opens = f"; opens {moment(worst.opens)}" if worst.opens else ""
    word = "overridden by " if worst.state is Gate.overridden else ""
    said = printable(f"{word}{app}{worst.evidence}")
    return CommitStatus(f"{PREFIX}{name}", VERDICTS[worst.state], _cut(said, f"{more}{opens}"))


def _cut(text: str, end: str) -> str:
    room = LONGEST - len(end)
    return (text if len(text) <= room else f"{text[: room - 1]}…") + end
