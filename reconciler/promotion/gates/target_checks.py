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
        yield GateResult(gate.type, Gate.waiting, "the checks have not run yet")
        return
    unchecked = facts.question.unchecked
    for app, error in unchecked:
        yield refused(gate.type, error, app)
    bad = [f for f in findings if f.severity.reaches(Severity(target.checks.fail_on))]
    if not bad and not unchecked:
        others = f" that stops it; less severe: {len(findings):,}" if findings else ""
        yield GateResult(gate.type, Gate.open, f"no new finding{others}")
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
        yield GateResult(gate.type, Gate.waiting, "secrets have not been looked for yet")
        return
    if not lacks:
        yield GateResult(
            gate.type, Gate.open, f"all secrets are sealed for {facts.question.target.name}"
        )
    for lack in lacks:
        yield GateResult(gate.type, Gate.closed, lack.what, hint=lack.command, app=lack.app)
