"""What was judged is what would be merged: nobody else has a commit on the branch."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.promotion.gates.question import GateQuestion
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.text.suggestions import listing

NAME = "branch"
MOST_NAMED = 3


def ours_alone(question: GateQuestion) -> Iterator[GateResult]:
    """The other gates ask about the plan: of what others put beside it, none of them knows."""
    if not question.theirs:
        return
    named = [f"{commit.id[:10]} of {commit.author}" for commit in question.theirs[:MOST_NAMED]]
    more = len(question.theirs) - len(named)
    said = listing([*named, *([f"{more:,} more"] if more else [])])
    hint = "review them and override this gate (branch), or take them off the branch"
    yield GateResult(
        NAME,
        Gate.waiting,
        f"commits of others that no gate has judged: {said}",
        hint=hint,
    )
