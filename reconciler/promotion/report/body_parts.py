"""The parts of a body that are lists: risks, secrets, gates, checks, and what stays behind."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from reconciler.checks.finding import Severity
from reconciler.errors import ReconcilerError, printable
from reconciler.promotion.gates.override_line import COMMAND
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.plan.as_text import STEP_STATES, decision_text
from reconciler.promotion.plan.field_decisions import FieldDecision
from reconciler.promotion.plan.plan import Plan, PromotionStep
from reconciler.promotion.report.inspection import Inspection
from reconciler.promotion.report.missing_secrets import told_as_lacking
from reconciler.promotion.report.risk_lines import SEVERITIES, about, digest_line, risk_lines, to_do
from reconciler.text.markdown import fence
from reconciler.text.markdown_lists import bullets, more, name, short, table


def risks_part(plan: Plan, inspection: Inspection, most: int) -> str:
    risks = inspection.risks
    lines = [*risk_lines(risks, most), *_reviews(plan), *digest_line(risks, most)]
    return f"### What could go wrong\n\n{bullets(lines, most)}" if lines else ""


def _reviews(plan: Plan) -> Iterator[str]:
    for step in plan.due:
        for decision in step.decided(FieldDecision.review):
            said = f"{name(step.app)} {name(decision_text(decision))}: {short(decision.why)}"
            yield f"**to be reviewed**: {said}"


def secrets_part(plan: Plan, inspection: Inspection, most: int) -> str:
    found = inspection.secrets
    if not found:
        return ""
    head = f"### Secrets that {name(plan.target)} lacks\n\n"
    lines = [
        f"{name(f'{s.namespace}/{s.name}')} of {name(str(s.entry))}"
        + (f", {', '.join(map(name, s.keys))}" if s.keys else "")
        + f": {short(s.why)}"
        for s in found
    ]
    commands = list(dict.fromkeys(printable(s.command) for s in found[:most]))
    begin, end = fence(commands, "sh")
    typed = begin + "".join(f"{command}\n" for command in commands) + end
    return f"{head}{bullets(lines, most)}\n{typed}"


def gates_part(gates: Sequence[GateResult], most: int, to_pass: str = "") -> str:
    if not gates:
        return ""
    rows = [
        (
            short(f"{result.name} {result.app}".strip()),
            f"**{result.state}**" if result.state is not Gate.open else "open",
            short(result.evidence) + to_do(result.hint if not result.passes else ""),
            moment(result.opens) if result.opens and not result.passes else "",
        )
        for result in sorted(gates, key=lambda r: r.passes)
    ]
    found = table(("Gate", "Is", "Because", "Opens at the earliest"), rows, most)
    return f"### Gates\n\n{found}{_pasted(to_pass) if to_pass else ''}"


def _pasted(text: str) -> str:
    begin, end = fence([text])
    how = "a comment that begins so" if text.startswith(COMMAND) else "this command"
    who = f"Whoever `promotion.overrides` names can override these gates by {how}:"
    return f"\n{who}\n\n{begin}{printable(text)}\n{end}"


def moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def checks_part(inspection: Inspection, most: int) -> str:
    """What is new, but for secrets, which have a part of their own."""
    lines = [
        f"{SEVERITIES[f.severity]}: {about(f)}: {short(f.what)} ({name(f.rule)}){to_do(f.hint)}"
        for f in sorted(inspection.new, key=lambda f: [*Severity].index(f.severity))
        if not told_as_lacking(f, inspection.secrets)
    ]
    lines += [
        f"**serious**: {name(app)} cannot be checked: {_error(error)}"
        for app, error in inspection.failed
    ]
    return f"### New findings of the checks\n\n{bullets(lines, most)}" if lines else ""


def blocked_part(plan: Plan, most: int) -> str:
    lines = [f"{name(step.app)} {STEP_STATES[step.state]}{_why(step)}" for step in plan.blocked]
    return f"### Not promoted\n\n{bullets(lines, most)}" if lines else ""


def _why(step: PromotionStep) -> str:
    if step.problem:
        return f": {_error(step.problem)}"
    conflicts = step.decided(FieldDecision.conflict)
    if conflicts:
        return f": {name(decision_text(conflicts[0]))}, {short(conflicts[0].why)}"
    lacking = [about for line in step.ancestries for about in line.lacking]
    if lacking:
        return f": {name(lacking[0].id[:10])} {short(lacking[0].subject)}{_rest(lacking)}"
    return ""


def _rest(found: Sequence[object]) -> str:
    return f" and {len(found) - 1:,} more" if len(found) > 1 else ""


def _error(error: ReconcilerError) -> str:
    because = f" ({short(error.why)})" if error.why else ""
    return short(error.what) + because + to_do(error.hint)


def rollback_part(plan: Plan, most: int) -> str:
    if plan.goes_back:
        return ""
    commands = [
        printable(shlex.join(["reconciler", "promote", "rollback", plan.target, step.app]))
        for step in plan.due
    ]
    begin, end = fence(commands, "sh")
    typed = begin + "".join(f"{command}\n" for command in commands[:most]) + end
    return f"### Roll back\n\n{typed}{more(len(commands) - most, '')}"
