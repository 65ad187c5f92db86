"""Gates as statuses of the commit: the forge shows them, and can ask for them."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.forges.forge import Forge, Status, Verdict
from reconciler.promotion.gates.result import Gate, Result

ALL = "promote"
LONGEST = 140
VERDICTS = {
    Gate.open: Verdict.success,
    Gate.overridden: Verdict.success,
    Gate.waiting: Verdict.pending,
    Gate.shut: Verdict.failure,
}
WORST = [Gate.shut, Gate.waiting, Gate.overridden, Gate.open]


def post(forge: Forge, commit: str, results: Sequence[Result], url: str) -> None:
    """One for each gate and one for all of them; only what differs is sent."""
    there = {status.context: status for status in forge.statuses(commit)}
    for status in statuses_of(results, url):
        known = there.get(status.context)
        if known is None or (known.verdict, known.description) != (
            status.verdict,
            status.description,
        ):
            forge.set_status(commit, status)


def statuses_of(results: Sequence[Result], url: str) -> list[Status]:
    found = []
    for name in dict.fromkeys(result.name for result in results):
        worst = _worst([result for result in results if result.name == name])
        text = f"{worst.app}: {worst.evidence}" if worst.app else worst.evidence
        found.append(Status(f"{ALL}/{name}", VERDICTS[worst.state], _cut(text), url))
    closed = [result.name for result in results if not result.passes]
    names = ", ".join(dict.fromkeys(closed))
    verdict = VERDICTS[_worst(results).state] if results else Verdict.success
    text = f"waits for {names}" if closed else "all gates are open"
    return [*found, Status(ALL, verdict, _cut(text), url)]


def _worst(results: Sequence[Result]) -> Result:
    return min(results, key=lambda result: WORST.index(result.state))


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
