"""A plan in lines with a sign each, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.compare.as_text import app_lines, counts_text
from reconciler.compare.outline import HIDDEN
from reconciler.errors import printable
from reconciler.git.addresses import is_full_name
from reconciler.git.file_history import CommitSummary
from reconciler.kubernetes.masking import holds_secret, is_credential
from reconciler.promotion.plan.ancestry import Ancestry, Relation
from reconciler.promotion.plan.commit_trails import CommitTrail
from reconciler.promotion.plan.entry_fields import EntryField
from reconciler.promotion.plan.field_decisions import ABSENT, Decision, FieldDecision
from reconciler.promotion.plan.plan import Plan, PromotionStep, StepState
from reconciler.text.diff_lines import ADDED, CHANGED, PLAIN, REMOVED, Line
from reconciler.yaml.nodes import shortened

MOST_COMMITS = 10
SHORT = 10
SIGNS = {
    FieldDecision.promoted: CHANGED,
    FieldDecision.review: CHANGED,
    FieldDecision.kept: PLAIN,
    FieldDecision.conflict: REMOVED,
}
WORDS = {
    FieldDecision.promoted: "",
    FieldDecision.review: "  to be reviewed",
    FieldDecision.kept: "  stays",
    FieldDecision.conflict: "  conflict",
}
STEP_STATES = {
    StepState.due: "to be promoted",
    StepState.same: "is there already",
    StepState.ahead: "is ahead",
    StepState.diverged: "has diverged",
    StepState.unlanded: "is not merged to the main branch",
    StepState.held: "is held back",
    StepState.unknown: "cannot be compared",
    StepState.failed: "failed",
}


REWRITTEN = "the whole document is written again: {}; comments are kept, layout may differ"


def title(step: PromotionStep) -> str:
    words = STEP_STATES[step.state]
    if step.difference:
        return f"{step.app}  {words}: {counts_text(step.difference.difference.counts())} objects"
    return f"{step.app}  {words}"


def step_lines(
    plan: Plan, step: PromotionStep, explain: bool, trails: Sequence[CommitTrail] = ()
) -> Iterator[Line]:
    """What is done with one app, and why not; what stays is worth a line if that is asked for."""
    if step.problem:
        yield from (Line(REMOVED, line) for line in step.problem.lines())
    for line in step.ancestries if step.state is not StepState.same else ():
        yield from _ancestry_lines(plan, line, trails)
    for decision in step.decisions:
        if explain or decision.kind is FieldDecision.conflict or decision.is_edit:
            yield Line(SIGNS[decision.kind], decision_text(decision) + WORDS[decision.kind])
        if explain or decision.kind is FieldDecision.conflict:
            where = f"{decision.place}: " if decision.place else ""
            yield Line(PLAIN, f"    {where}{decision.why}")
    if step.edit and step.edit.rewritten:
        yield Line(PLAIN, REWRITTEN.format(printable(step.edit.path)))
    if step.difference:
        yield from app_lines(step.difference, (plan.target, "the promotion"))


def decision_text(decision: Decision) -> str:
    return f"{decision.address}: {' → '.join(sides(decision))}"


def sides(decision: Decision) -> tuple[str, str]:
    """Its value in the target and in the source, unless that may be a secret."""
    last = decision.address.steps[-1]
    named = is_credential(last.name if isinstance(last, EntryField) else last)
    return (
        HIDDEN if named or holds_secret(decision.target) else shown(decision.target),
        HIDDEN if named or holds_secret(decision.source) else shown(decision.source),
    )


def shown(value: Any) -> str:
    """A value in a line; what is more than a text or a number is not repeated."""
    if value is ABSENT:
        return "none"
    if isinstance(value, str):
        return value[:SHORT] if is_full_name(value) else shortened(value)
    return str(value) if isinstance(value, bool | int) else "…"


def _ancestry_lines(plan: Plan, line: Ancestry, trails: Sequence[CommitTrail]) -> Iterator[Line]:
    if line.relation in (Relation.ahead, Relation.diverged):
        yield Line(REMOVED, f"{plan.target} has what {plan.source} lacks:")
        yield from _commits(REMOVED, line.lacking)
    if line.relation in (Relation.behind, Relation.diverged):
        yield Line(PLAIN, f"commits since {(line.ancestor or '')[:SHORT]}:")
        yield from _coming(line, trails)
    if line.why:
        yield Line(REMOVED, line.why)


def _coming(line: Ancestry, trails: Sequence[CommitTrail]) -> Iterator[Line]:
    """Those of the app alone, where it is known which they are."""
    found = [trail for trail in trails if (trail.old, trail.new) == (line.target, line.source)]
    for trail in found:
        yield from _commits(ADDED, trail.commits)
        if trail.others:
            yield Line(PLAIN, f"    {trail.others:,} more outside of {printable(trail.folder)}")
    if not found:
        yield from _commits(ADDED, line.coming)


def _commits(sign: str, commits: tuple[CommitSummary, ...]) -> Iterator[Line]:
    for commit in commits[:MOST_COMMITS]:
        yield Line(sign, f"    {commit.id[:SHORT]} {shortened(commit.subject)}")
    if len(commits) > MOST_COMMITS:
        yield Line(PLAIN, f"    and {len(commits) - MOST_COMMITS:,} more")
