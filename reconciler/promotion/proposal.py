"""A plan as a commit: the branch that it goes to, and what its message says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

from reconciler.compare.escape import quiet
from reconciler.git.branches import Proposal, propose
from reconciler.model.suggest import listing
from reconciler.promotion.layout import decision_text
from reconciler.promotion.plan import Plan, Step

LONGEST_NAMES = 100
FEW = 3


def branch_of(plan: Plan, apps: Sequence[str]) -> str:
    """The same for the same promotion; `apps` are those that were named, none for all."""
    way = f"promote/{plan.source}/{plan.target}"
    if not apps:
        return f"{way}/all"
    names = sorted(set(apps))
    if len(names) == 1:
        return f"{way}/app/{names[0]}"
    joined = "+".join(names)
    if len(joined) > LONGEST_NAMES:
        joined = sha256(joined.encode()).hexdigest()[:12]
    return f"{way}/apps/{joined}"


def headline(plan: Plan) -> str:
    names = [step.app for step in plan.due]
    what = listing(names) if len(names) <= FEW else f"{len(names):,} apps"
    return f"Promote {what} from {plan.source} to {plan.target}"


def message_of(plan: Plan) -> str:
    """Whatever the fields hold, no forge takes it for a name or for an issue to close."""
    lines = [line for step in plan.due for line in _step_lines(step)]
    return "\n".join([quiet(headline(plan)), "", *lines, mark_of(plan), ""])


def mark_of(plan: Plan) -> str:
    """The trailer that tells a promotion from a commit of a person."""
    return f"Promotion: {plan.source} {plan.target}"


def commit(plan: Plan, root: str, apps: Sequence[str]) -> Proposal:
    """Onto the promotion's branch of this repository."""
    return propose(
        root, branch_of(plan, apps), plan.base, plan.edits, message_of(plan), mark_of(plan)
    )


def _step_lines(step: Step) -> Iterator[str]:
    yield quiet(f"{step.app}:")
    yield from (f"- {quiet(decision_text(decision))}" for decision in step.edits)
    yield ""
