"""The versions between which a step goes, as people call them: tags, digests, or else commits."""

from __future__ import annotations

from reconciler.promotion.plan.as_text import sides
from reconciler.promotion.plan.field_decisions import Decision
from reconciler.promotion.plan.plan import PromotionStep


def versions(step: PromotionStep) -> tuple[str, str] | None:
    """Before and after, if one of each says it all: of images, or else of pinned commits."""
    named = [decision for decision in step.edits if decision.address.names_release]
    images = [decision for decision in named if not decision.address.is_ref]
    tags = [decision for decision in images if decision.address.steps[-1] == "newTag"]
    for decisions in (tags, images, named):
        if decisions:
            return _only(decisions)
    return None


def _only(decisions: list[Decision]) -> tuple[str, str] | None:
    found = {sides(decision) for decision in decisions}
    return found.pop() if len(found) == 1 else None
