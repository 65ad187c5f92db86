"""A plan in lines with a sign each, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reconciler.compare.layout import app_lines, counts_text
from reconciler.compare.outline import HIDDEN
from reconciler.compare.signs import ADDED, CHANGED, PLAIN, REMOVED, Line
from reconciler.compare.veil import holds_secret, is_credential
from reconciler.git.addresses import is_full_name
from reconciler.git.history import About
from reconciler.model.document import shortened
from reconciler.promotion.fields import Item
from reconciler.promotion.lineage import Lineage, Relation
from reconciler.promotion.merge import ABSENT, Decision, Fate
from reconciler.promotion.plan import Plan, Standing, Step

MOST_COMMITS = 10
SHORT = 10
SIGNS = {
    Fate.promoted: CHANGED,
    Fate.review: CHANGED,
    Fate.kept: PLAIN,
    Fate.conflict: REMOVED,
}
WORDS = {
    Fate.promoted: "",
    Fate.review: "  to be reviewed",
    Fate.kept: "  stays",
    Fate.conflict: "  conflict",
}
STANDINGS = {
    Standing.due: "to be promoted",
    Standing.same: "is there already",
    Standing.ahead: "is ahead",
    Standing.diverged: "has diverged",
    Standing.unlanded: "has not landed",
    Standing.held: "is held back",
    Standing.unknown: "cannot be told",
    Standing.failed: "failed",
}


def title(step: Step) -> str:
    words = STANDINGS[step.standing]
    if step.difference:
        return f"{step.app}  {words}: {counts_text(step.difference.difference.counts())} objects"
    return f"{step.app}  {words}"


def step_lines(plan: Plan, step: Step, explain: bool) -> Iterator[Line]:
    """What is done with one app, and why not; what stays is worth a line if that is asked for."""
    if step.problem:
        yield from (Line(REMOVED, line) for line in step.problem.lines())
    for line in step.lineages:
        yield from _lineage_lines(plan, line)
    for decision in step.decisions:
        if explain or decision.fate is Fate.conflict or decision.is_edit:
            yield Line(SIGNS[decision.fate], decision_text(decision) + WORDS[decision.fate])
        if explain or decision.fate is Fate.conflict:
            where = f"{decision.place}: " if decision.place else ""
            yield Line(PLAIN, f"    {where}{decision.why}")
    if step.difference:
        yield from app_lines(step.difference, (plan.target, "the promotion"))


def decision_text(decision: Decision) -> str:
    return f"{decision.address}: {' → '.join(sides(decision))}"


def sides(decision: Decision) -> tuple[str, str]:
    """Its value in the target and in the source, unless that may be a secret."""
    last = decision.address.steps[-1]
    named = is_credential(last.name if isinstance(last, Item) else last)
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


def _lineage_lines(plan: Plan, line: Lineage) -> Iterator[Line]:
    if line.relation in (Relation.ahead, Relation.diverged):
        yield Line(REMOVED, f"{plan.target} has what {plan.source} lacks:")
        yield from _commits(REMOVED, line.lacking)
    if line.relation in (Relation.behind, Relation.diverged):
        yield Line(PLAIN, f"commits since {(line.ancestor or '')[:SHORT]}:")
        yield from _commits(ADDED, line.coming)
    if line.why:
        yield Line(REMOVED, line.why)


def _commits(sign: str, commits: tuple[About, ...]) -> Iterator[Line]:
    for commit in commits[:MOST_COMMITS]:
        yield Line(sign, f"    {commit.id[:SHORT]} {shortened(commit.subject)}")
    if len(commits) > MOST_COMMITS:
        yield Line(PLAIN, f"    and {len(commits) - MOST_COMMITS:,} more")
