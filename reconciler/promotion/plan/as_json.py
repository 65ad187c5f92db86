"""A plan as JSON; docs/reference/json.md describes the shape."""

from __future__ import annotations

from typing import Any

from reconciler.compare.as_json import app_document
from reconciler.compare.outline import HIDDEN
from reconciler.git.file_history import CommitSummary
from reconciler.promotion.plan.ancestry import Ancestry
from reconciler.promotion.plan.as_text import sides
from reconciler.promotion.plan.field_decisions import Decision
from reconciler.promotion.plan.plan import Plan, PromotionStep
from reconciler.text.json_object import JsonObject


def plan_document(plan: Plan) -> JsonObject:
    """Version 1 of this shape only ever gains fields."""
    return {
        "source": plan.source,
        "target": plan.target,
        "base": plan.base,
        "apps": [_step(step) for step in plan.steps],
    }


def _step(step: PromotionStep) -> JsonObject:
    return {
        "app": step.app,
        "path": step.entry.folder,
        "state": step.state.value,
        "pins": [_ancestry(line) for line in step.ancestries],
        "fields": [_decision(decision) for decision in step.decisions],
        "difference": app_document(step.difference) if step.difference else None,
        "error": step.problem.as_json() if step.problem else None,
    }


def _ancestry(line: Ancestry) -> JsonObject:
    return {
        "from": line.target,
        "to": line.source,
        "relation": line.relation.value,
        "ancestor": line.ancestor,
        "coming": [_commit(commit) for commit in line.coming],
        "lacking": [_commit(commit) for commit in line.lacking],
    }


def _commit(commit: CommitSummary) -> JsonObject:
    return {
        "id": commit.id,
        "subject": commit.subject,
        "author": commit.author,
        "time": commit.time,
    }


def _decision(decision: Decision) -> JsonObject:
    place = decision.place
    return {
        "field": str(decision.address),
        "decision": decision.kind.value,
        "from": _plain(decision, decision.target),
        "to": _plain(decision, decision.source),
        "why": decision.why,
        "file": place.file if place else None,
        "line": place.line if place else None,
    }


def _plain(decision: Decision, value: Any) -> Any:
    return HIDDEN if HIDDEN in sides(decision) else plain(value)


def plain(value: Any) -> Any:
    """A text or a number; what is more, or is not there, is nothing."""
    return value if isinstance(value, str | bool | int) else None
