"""The first lines of a body: all that matters, in as few words as that takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import add

from reconciler.checks.finding import Finding, Severity
from reconciler.compare.difference import Counts
from reconciler.compare.report import NewCertificate
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.plan.field_decisions import FieldDecision
from reconciler.promotion.plan.plan import Plan
from reconciler.promotion.report.body_parts import moment
from reconciler.promotion.report.counts_in_words import in_words
from reconciler.promotion.report.inspection import Inspection
from reconciler.promotion.report.missing_secrets import told_as_lacking
from reconciler.promotion.report.risk_lines import about
from reconciler.promotion.report.risks.images import image_without_digest
from reconciler.text.markdown import code
from reconciler.text.markdown_lists import count, name, short

HEALTH = "health"
MOST_KNOWN = 2


def summary(plan: Plan, inspection: Inspection, gates: Sequence[GateResult]) -> str:
    lines = [f"- **{label}**: {text}\n" for label, text in _lines(plan, inspection, gates)]
    return "".join(lines)


def _lines(
    plan: Plan, inspection: Inspection, gates: Sequence[GateResult]
) -> Iterator[tuple[str, str]]:
    yield "Changes", _changes(plan)
    if not plan.goes_back:
        yield f"Is {name(plan.source)} healthy", _health(gates)
    yield "Could go wrong", _risks(plan, inspection.risks)
    if inspection.secrets:
        yield "Secrets", f"{count(len(inspection.secrets), 'secret')} to be sealed first"
    if inspection.certificate:
        yield "Who could read the secrets", _certificate(inspection.certificate)
    yield "Checks", _checks(inspection)
    if gates:
        yield "Waits for", _waits(gates)
    if plan.blocked:
        yield (
            "Not promoted",
            ", ".join(name(step.app) for step in plan.blocked[:3])
            + (f" and {len(plan.blocked) - 3:,} more" if len(plan.blocked) > 3 else ""),
        )


def _changes(plan: Plan) -> str:
    changed = [step.difference.difference for step in plan.due if step.difference]
    counts = reduce(add, (difference.counts() for difference in changed), Counts())
    apps = count(len(plan.due), "app")
    way = f"{apps} from {name(plan.source)} to {name(plan.target)}"
    if plan.goes_back:
        way = f"{apps} {'goes' if len(plan.due) == 1 else 'go'} back in {name(plan.target)}"
    return f"{way}; objects: {in_words(counts)}"


def _health(gates: Sequence[GateResult]) -> str:
    """Of several apps the first that is not."""
    found = sorted((r for r in gates if r.name == HEALTH), key=lambda r: r.passes)
    if not found:
        return "not known: no `health` gate is set"
    worst = found[0]
    word = {Gate.open: "yes", Gate.overridden: "overridden"}.get(worst.state, "**no**")
    return f"{word}: {short(f'{worst.app} {worst.evidence}'.strip())}"


def _risks(plan: Plan, risks: Sequence[Finding]) -> str:
    told = [f for f in risks if not image_without_digest(f)]
    counts = [sum(f.severity is severity for f in told) for severity in Severity]
    counts[-1] += len(told) < len(risks)  # those of all images are one
    reviews = sum(len(step.decided(FieldDecision.review)) for step in plan.due)
    words = ("**{:,} serious**", "{:,} worth a look", "{:,} good to know", "{:,} to be reviewed")
    said = [w.format(n) for w, n in zip(words, [*counts, reviews], strict=True) if n]
    return ", ".join(said) or "nothing that can be seen in the manifests"


def _certificate(new: NewCertificate) -> str:
    """A promotion brings none, and yet its secrets may be the first that are sealed with it."""
    return (
        f"**whoever has the key of {name(new.fingerprint)}**, with which nothing of "
        f"{name(new.environment)} was sealed so far: {code(new.command)} asks the controller "
        "whether the certificate is its own"
    )


def _checks(inspection: Inspection) -> str:
    """What is said of secrets, the line above has said already."""
    new = [f for f in inspection.new if not told_as_lacking(f, inspection.secrets)]
    said = [f"**{count(len(new), 'new finding')}**" if new else "nothing new"]
    known = [
        f
        for f in inspection.findings
        if f not in inspection.new and not told_as_lacking(f, inspection.secrets)
    ]
    if known:
        said.append(f"{len(known):,} known before ({_known(known)})")
    if inspection.failed:
        said.append(f"**{count(len(inspection.failed), 'app')} cannot be checked**")
    return ", ".join(said)


def _known(findings: Sequence[Finding]) -> str:
    shown = [f"{about(f)}: {short(f.what)}" for f in findings[:MOST_KNOWN]]
    left = len(findings) - len(shown)
    return "; ".join(shown) + (f"; and {left:,} more" if left else "")


def _waits(gates: Sequence[GateResult]) -> str:
    waiting = [result for result in gates if not result.passes]
    if not waiting:
        overridden = sum(result.state is Gate.overridden for result in gates)
        return f"nothing, with {overridden:,} overridden" if overridden else "nothing"
    text = ", ".join(short(result.name) for result in waiting[:5])
    last = max((r.opens for r in waiting if r.opens), default=None)
    return f"{text}, until {moment(last)} at the earliest" if last else text
