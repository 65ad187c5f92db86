"""The release has run in the source for a time, and was healthy as far as that is known.

Sources of health that remember decide which time counts: that in which all of them were healthy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial

from reconciler.health.evidence import Evidence
from reconciler.health.spans import Spans, common, joined, total
from reconciler.model.paths import AppName
from reconciler.model.promotion import Soak
from reconciler.promotion.gates.gate_facts import GateFacts, ReleaseRun
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.text.durations import length, moment


def soaked(gate: Soak, facts: GateFacts) -> Iterator[GateResult]:
    return facts.judged(gate.type, partial(_result, gate, facts))


def _result(gate: Soak, facts: GateFacts, app: AppName, found: Sequence[Evidence]) -> GateResult:
    now, source, run = facts.question.now, facts.question.source.name, facts.run(app)
    if run.doubt:
        hint = "the bot counts from when it sees the commit; a newer one has a date of its own"
        return GateResult(
            gate.type, Gate.waiting, f"{run.doubt}, so no time counts yet", hint=hint, app=app
        )
    known = [evidence.spans for evidence in found if evidence.spans is not None]
    counted = total(_counted(run, now, known))
    healthy = "healthy for " if known else ""
    said = (
        f"in {source} since {moment(run.begin)} ({run.since.id[:10]}), "
        f"{healthy}{length(counted)} of {length(gate.time)}"
    )
    if counted >= gate.time:
        return GateResult(gate.type, Gate.open, said, app=app)
    if run.end:
        return GateResult(
            gate.type,
            Gate.closed,
            f"{said}, and replaced there on {moment(run.end)}",
            hint=f"promote what {source} runs now",
            app=app,
        )
    unhealthy = next((e for e in found if e.spans is not None and not e.healthy), None)
    return GateResult(
        gate.type,
        Gate.waiting,
        f"{said}; now: {unhealthy.said}" if unhealthy else said,
        opens=None if unhealthy and unhealthy.healthy is None else now + gate.time - counted,
        hint=unhealthy.hint if unhealthy else "",
        app=app,
    )


def _counted(run: ReleaseRun, now: datetime, known: Sequence[Spans]) -> Spans:
    """The time in which it ran, and everything that remembers found it healthy."""
    found = joined([(run.begin, run.end or now)])
    for spans in known:
        found = common(found, spans)
    return found
