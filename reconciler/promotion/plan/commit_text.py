"""What the message of a promotion's commit says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.git.trailers import with_trailers
from reconciler.promotion.plan.as_text import decision_text
from reconciler.promotion.plan.plan import Plan, PromotionStep
from reconciler.promotion.plan.versions import versions
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.text.markdown import quiet
from reconciler.text.suggestions import listing

FEW = 3


def headline(plan: Plan, kind: PromotionKind = PromotionKind.promotion) -> str:
    """Of one app with its versions."""
    names = [step.app for step in plan.due]
    what = listing(names) if len(names) <= FEW else f"{len(names):,} apps"
    known = versions(plan.due[0]) if len(names) == 1 else None
    change = f" {known[0]} → {known[1]}" if known else ""
    match kind:
        case PromotionKind.rollback:
            return f"Roll back {what}{change} in {plan.target}"
        case PromotionKind.hotfix:
            return f"Take {plan.source}'s hotfix of {what}{change} over into {plan.target}"
        case PromotionKind.promotion:
            way = f"{change} to" if change else f" from {plan.source} to"
            return f"Promote {what}{way} {plan.target}"


def message_of(plan: Plan, request: PromotionRequest, more: Sequence[tuple[str, str]] = ()) -> str:
    """With the trailers that tell the request again.

    Whatever the fields hold, no forge takes it for a name or for an issue to close.
    """
    lines = [line for step in plan.due for line in _step_lines(step)]
    text = "\n".join([quiet(headline(plan, request.kind)), "", *lines])
    return with_trailers(text, [*request.trailers(), *more])


def _step_lines(step: PromotionStep) -> Iterator[str]:
    yield quiet(f"{step.app}:")
    yield from (f"- {quiet(decision_text(decision))}" for decision in step.edits)
    yield ""
