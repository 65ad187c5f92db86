"""How the gates of a promotion stand, as JSON; docs/reference/json.md describes the shape."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from reconciler.promotion.gates.opening_time import earliest
from reconciler.promotion.gates.question import GateQuestion
from reconciler.promotion.gates.result import GateResult
from reconciler.promotion.promotion_request import PromotionKind
from reconciler.text.json_object import JsonObject


def status_document(
    kind: PromotionKind, question: GateQuestion, results: Sequence[GateResult]
) -> JsonObject:
    """Version 1 of this shape only ever gains fields."""
    pull, plan = question.pull, question.plan
    return {
        "kind": kind.value.lower(),
        "source": plan.source,
        "target": plan.target,
        "base": plan.base,
        "pull": {"number": pull.number, "url": pull.url} if pull else None,
        "apps": [step.app for step in plan.due],
        "held": [{"app": step.app, "state": step.state.value} for step in plan.blocked],
        "passes": all(result.passes for result in results),
        "opens": _time(earliest(question, results)),
        "gates": [_result(result) for result in results],
    }


def _result(result: GateResult) -> JsonObject:
    return {
        "gate": result.name,
        "app": result.app or None,
        "state": result.state.value,
        "evidence": result.evidence,
        "opens": _time(result.opens),
        "hint": result.hint or None,
    }


def _time(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
