"""Changes happen at certain hours, and not on certain days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.promotion import Freeze, Window
from reconciler.promotion.gates.calendar import is_frozen, is_open, opening
from reconciler.promotion.gates.gate_facts import GateFacts
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.text.suggestions import listing


def in_window(windows: Sequence[Window], facts: GateFacts) -> Iterator[GateResult]:
    """One result for all windows; if none is open, when one is that no freeze covers."""
    if not windows:
        return
    now = facts.question.now
    said = listing([_window_text(window) for window in windows], "or")
    if any(is_open(window, now) for window in windows):
        yield GateResult("window", Gate.open, f"open: {said}")
    else:
        freezes = [g for g in facts.question.gates if isinstance(g, Freeze)]
        opens = opening(windows, freezes, now)
        yield GateResult("window", Gate.waiting, f"closed: {said}", opens=opens)


def thawed(freezes: Sequence[Freeze], facts: GateFacts) -> Iterator[GateResult]:
    if not freezes:
        return
    now = facts.question.now
    holding = [freeze for freeze in freezes if is_frozen(freeze, now)]
    if holding:
        said = listing([_freeze_text(freeze) for freeze in holding])
        yield GateResult("freeze", Gate.waiting, said, opens=opening([], freezes, now))
    else:
        yield GateResult("freeze", Gate.open, "no freeze now")


def _window_text(window: Window) -> str:
    days = f"{', '.join(window.days)} " if window.days else ""
    return f"{days}{window.from_:%H:%M} to {window.to:%H:%M} {window.timezone}"


def _freeze_text(freeze: Freeze) -> str:
    reason = f" ({freeze.reason})" if freeze.reason else ""
    return f"{freeze.from_} to {freeze.to} {freeze.timezone}{reason}"
