"""The release is healthy in the source, by all that knows about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.promotion import Health
from reconciler.promotion.gates.facts import Facts
from reconciler.promotion.gates.result import Gate, Result
from reconciler.promotion.gates.sources.evidence import Evidence
from reconciler.promotion.gates.words import moment


def healthy(gate: Health, facts: Facts) -> Iterator[Result]:
    source = facts.question.source
    asked = [facts.asked(source, step) for step in facts.due]
    found = facts.question.sources.look(source, asked)
    for step, evidence in zip(facts.due, found, strict=True):
        end = facts.run(step.app).end
        if end:
            said = f"{source.name} runs another release since {moment(end)}"
            hint = f"promote what {source.name} runs now"
            yield Result(gate.type, Gate.shut, said, hint=hint, app=step.app)
        elif not evidence:
            said = f"{source.name} does not say where the health of {step.app} is known"
            hint = f"add health to {source.folder}/environment.yaml"
            yield Result(gate.type, Gate.shut, said, hint=hint, app=step.app)
        else:
            yield verdict(gate.type, step.app, evidence)


def verdict(name: str, app: str, found: Sequence[Evidence]) -> Result:
    """Of several sources, those that are not content are named."""
    bad = [evidence for evidence in found if evidence.healthy is False]
    unknown = [evidence for evidence in found if evidence.healthy is None]
    state = Gate.shut if bad else Gate.waiting if unknown else Gate.open
    named = bad + unknown or found
    hint = next((evidence.hint for evidence in named if evidence.hint), "")
    return Result(name, state, "; ".join(e.said for e in named), hint=hint, app=app)
