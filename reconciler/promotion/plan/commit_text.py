"""What the message of a promotion's commit says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.git.trailers import with_trailers
from reconciler.promotion.plan.as_text import decision_text
from reconciler.promotion.plan.plan import Plan, PromotionStep
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.text.markdown import quiet
from reconciler.text.suggestions import listing

FEW = 3


def headline(plan: Plan, kind: PromotionKind = PromotionKind.promotion) -> str:
    names = [step.app for step in plan.due]
    what = listing(names) if len(names) <= FEW else f"{len(names):,} apps"
    match kind:
        case PromotionKind.rollback:
            return f"Roll back {what} in {plan.target}"
        case PromotionKind.hotfix:
            return f"Take {plan.source}'s hotfix of {what} over into {plan.target}"
        case PromotionKind.promotion:
            return f"Promote {what} from {plan.source} to {plan.target}"


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
