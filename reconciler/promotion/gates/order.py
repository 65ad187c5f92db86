"""One after the other: environments before this one, and promotions before this one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reconciler.errors import ReconcilerError
from reconciler.forges.forge import PullRequestState
from reconciler.model.environment import Environment
from reconciler.model.promotion import Alone, Previous
from reconciler.promotion.gates.gate_facts import GateFacts, Looked
from reconciler.promotion.gates.health import verdict
from reconciler.promotion.gates.result import Gate, GateResult, refused
from reconciler.promotion.plan.plan import PromotionStep
from reconciler.promotion.promotion_request import target_of
from reconciler.text.suggestions import listing


def preceded(gate: Previous, facts: GateFacts) -> Iterator[GateResult]:
    question = facts.question
    names = gate.environments or question.target.promotes_from
    others = [question.fleet.environment(name) for name in names if name != question.source.name]
    known = {e.name: {step.app: found for step, found in facts.look(e)} for e in others}
    for step in facts.due:
        there = [e for e in others if step.app in e.folders]
        results = [_in(gate, facts, e, step, known[e.name][step.app]) for e in there]
        behind = next((result for result in results if not result.passes), None)
        said = _run_by(there) if there else "no other environment runs the app"
        yield behind or GateResult(gate.type, Gate.open, said, app=step.app)


def _run_by(there: Sequence[Environment]) -> str:
    return f"{listing([e.name for e in there])} {'runs' if len(there) == 1 else 'run'} it"


def _in(
    gate: Previous, facts: GateFacts, environment: Environment, step: PromotionStep, known: Looked
) -> GateResult:
    if not facts.runs(environment, step):
        said = f"{environment.name} does not run this release yet"
        hint = f"reconciler promote {facts.question.source.name} {environment.name} {step.app}"
        return GateResult(gate.type, Gate.waiting, said, hint=hint, app=step.app)
    if isinstance(known, ReconcilerError):
        return refused(gate.type, known, step.app)
    found = verdict(gate.type, step.app, known)
    return replace(found, evidence=f"{environment.name}: {found.evidence}")


def alone(gate: Alone, facts: GateFacts) -> Iterator[GateResult]:
    """The oldest goes first, so that two do not wait for each other; a draft lets others pass."""
    question, name = facts.question, facts.question.target.name
    before = [
        pull
        for pull in question.open_pulls
        if target_of(pull.branch) == name
        and pull.state is PullRequestState.open
        and not pull.draft
        and (question.pull is None or pull.number < question.pull.number)
    ]
    if not before:
        yield GateResult(gate.type, Gate.open, f"no older promotion to {name} is open")
        return
    numbers = listing([f"#{pull.number}" for pull in before])
    said = f"{numbers} to {name} {'is' if len(before) == 1 else 'are'} open, and older"
    yield GateResult(gate.type, Gate.waiting, said, hint=f"merge or close {before[0].url}")
