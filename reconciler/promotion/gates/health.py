"""The release is healthy in the source, by all that knows about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from reconciler.health.evidence import Evidence
from reconciler.model.paths import AppName
from reconciler.model.promotion import Health
from reconciler.promotion.gates.gate_facts import GateFacts
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.text.durations import moment


def healthy(gate: Health, facts: GateFacts) -> Iterator[GateResult]:
    return facts.judged(gate.type, partial(_result, gate, facts))


def _result(gate: Health, facts: GateFacts, app: AppName, found: Sequence[Evidence]) -> GateResult:
    source, end = facts.question.source, facts.run(app).end
    if end:
        said = f"{source.name} has run another release since {moment(end)}"
        hint = f"promote what {source.name} runs now"
        return GateResult(gate.type, Gate.closed, said, hint=hint, app=app)
    if not found:
        said = f"{source.name} has no source of health for {app}"
        hint = f"add health to {source.folder}/environment.yaml"
        return GateResult(gate.type, Gate.closed, said, hint=hint, app=app)
    return verdict(gate.type, app, found)


def verdict(name: str, app: AppName, found: Sequence[Evidence]) -> GateResult:
    """Of several sources, those that do not find it healthy are named."""
    bad = [evidence for evidence in found if evidence.healthy is False]
    unknown = [evidence for evidence in found if evidence.healthy is None]
    state = Gate.closed if bad else Gate.waiting if unknown else Gate.open
    named = bad + unknown or found
    hint = next((evidence.hint for evidence in named if evidence.hint), "")
    return GateResult(name, state, "; ".join(e.said for e in named), hint=hint, app=app)
