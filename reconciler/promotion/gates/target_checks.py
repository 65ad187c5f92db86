"""What the promotion makes of the target: nothing is found in it, and no secret lacks."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Severity
from reconciler.model.promotion import ChecksPass, SecretsSealed
from reconciler.promotion.gates.gate_facts import GateFacts
from reconciler.promotion.gates.result import Gate, GateResult, refused


def checked(gate: ChecksPass, facts: GateFacts) -> Iterator[GateResult]:
    findings, target = facts.question.findings, facts.question.target
    if findings is None:
        yield GateResult(gate.type, Gate.waiting, "nothing is checked yet")
        return
    unchecked = facts.question.unchecked
    for app, error in unchecked:
        yield refused(gate.type, error, app)
    bad = [f for f in findings if f.severity.reaches(Severity(target.checks.fail_on))]
    if not bad and not unchecked:
        others = f", and {len(findings):,} that do not stop it" if findings else ""
        yield GateResult(gate.type, Gate.open, f"nothing found{others}")
    if not bad:
        return
    first, more = bad[0], f", and {len(bad) - 1:,} more" if len(bad) > 1 else ""
    about = f"{first.folder}: " if first.folder else ""
    yield GateResult(
        gate.type, Gate.closed, f"{about}{first.rule}: {first.what}{more}", hint=first.hint
    )


def sealed(gate: SecretsSealed, facts: GateFacts) -> Iterator[GateResult]:
    lacks = facts.question.lacks
    if lacks is None:
        yield GateResult(gate.type, Gate.waiting, "nobody has looked for secrets yet")
        return
    if not lacks:
        yield GateResult(gate.type, Gate.open, f"all are sealed for {facts.question.target.name}")
    for lack in lacks:
        yield GateResult(gate.type, Gate.closed, lack.what, hint=lack.command, app=lack.app)
