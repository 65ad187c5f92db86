"""What was taken away comes again only if somebody lets it who may override.

That a promotion wants it, its own commit says, and whoever can push a branch can write that there.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.promotion.gates.question import GateQuestion
from reconciler.promotion.gates.result import Gate, GateResult

NAME = "hold"


def let_go(question: GateQuestion) -> Iterator[GateResult]:
    for app, why in question.unheld:
        hint = "override this gate, or promote a newer release"
        yield GateResult(NAME, Gate.waiting, why, hint=hint, app=app)
