"""When all gates of a promotion can be open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from reconciler.model.promotion import Freeze, Window
from reconciler.promotion.gates.calendar import opening
from reconciler.promotion.gates.question import GateQuestion
from reconciler.promotion.gates.result import Gate, GateResult


def earliest(question: GateQuestion, results: Sequence[GateResult]) -> datetime | None:
    """None if somebody has to do something first.

    A window that is open now may be closed by the time at which the last other gate opens.
    """
    held = [result for result in results if not result.passes]
    times = [result.opens for result in held if result.opens]
    if len(times) < len(held):
        return None
    passed = {result.name for result in results if result.state is Gate.overridden}
    gates = [gate for gate in question.gates if gate.type not in passed]
    windows = [gate for gate in gates if isinstance(gate, Window)]
    freezes = [gate for gate in gates if isinstance(gate, Freeze)]
    return opening(windows, freezes, max([question.now, *times]))
