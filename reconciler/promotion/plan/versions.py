"""The versions between which a step goes, as people call them: tags, digests, or else commits."""

from __future__ import annotations

from reconciler.promotion.plan.as_text import sides
from reconciler.promotion.plan.entry_fields import EntryField
from reconciler.promotion.plan.field_decisions import Decision
from reconciler.promotion.plan.plan import PromotionStep


def versions(step: PromotionStep) -> tuple[str, str] | None:
    """Before and after; of several images, of the one that is called as the app."""
    named = [decision for decision in step.edits if decision.address.names_release]
    images = [decision for decision in named if not decision.address.is_ref]
    tags = [decision for decision in images if decision.address.steps[-1] == "newTag"]
    own = [decision for decision in tags if _image(decision).rpartition("/")[2] == step.app]
    decisions = own or tags or images or named
    found = {sides(decision) for decision in decisions}
    return found.pop() if len(found) == 1 else None


def _image(decision: Decision) -> str:
    name = decision.address.steps[1]
    return name.name if isinstance(name, EntryField) else name
