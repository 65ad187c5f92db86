"""The release is healthy in the source, by all that knows about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from reconciler.model.promotion import Health
from reconciler.promotion.gates.facts import Facts
from reconciler.promotion.gates.result import Gate, Result
from reconciler.promotion.gates.sources.evidence import Evidence
from reconciler.promotion.gates.words import moment


def healthy(gate: Health, facts: Facts) -> Iterator[Result]:
    return facts.judged(gate.type, partial(_result, gate, facts))


def _result(gate: Health, facts: Facts, app: str, found: Sequence[Evidence]) -> Result:
    source, end = facts.question.source, facts.run(app).end
    if end:
        said = f"{source.name} runs another release since {moment(end)}"
        hint = f"promote what {source.name} runs now"
        return Result(gate.type, Gate.shut, said, hint=hint, app=app)
    if not found:
        said = f"{source.name} does not say where the health of {app} is known"
        hint = f"add health to {source.folder}/environment.yaml"
        return Result(gate.type, Gate.shut, said, hint=hint, app=app)
    return verdict(gate.type, app, found)


def verdict(name: str, app: str, found: Sequence[Evidence]) -> Result:
    """Of several sources, those that are not content are named."""
    bad = [evidence for evidence in found if evidence.healthy is False]
    unknown = [evidence for evidence in found if evidence.healthy is None]
    state = Gate.shut if bad else Gate.waiting if unknown else Gate.open
    named = bad + unknown or found
    hint = next((evidence.hint for evidence in named if evidence.hint), "")
    return Result(name, state, "; ".join(e.said for e in named), hint=hint, app=app)
