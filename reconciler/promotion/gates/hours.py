"""Changes happen at certain hours, and not on certain days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.model.promotion import Freeze, Window
from reconciler.model.suggest import listing
from reconciler.promotion.gates.calendar import is_frozen, is_open, opening
from reconciler.promotion.gates.facts import Facts
from reconciler.promotion.gates.result import Gate, Result


def in_window(windows: Sequence[Window], facts: Facts) -> Iterator[Result]:
    """One result for all windows; if none is open, when one is that no freeze covers."""
    if not windows:
        return
    now = facts.question.now
    said = listing([_window_text(window) for window in windows], "or")
    if any(is_open(window, now) for window in windows):
        yield Result("window", Gate.open, f"open: {said}")
    else:
        freezes = [g for g in facts.question.target.promotion.gates if isinstance(g, Freeze)]
        opens = opening(windows, freezes, now)
        yield Result("window", Gate.waiting, f"closed: {said}", opens=opens)


def thawed(freezes: Sequence[Freeze], facts: Facts) -> Iterator[Result]:
    if not freezes:
        return
    now = facts.question.now
    holding = [freeze for freeze in freezes if is_frozen(freeze, now)]
    if holding:
        said = listing([_freeze_text(freeze) for freeze in holding])
        yield Result("freeze", Gate.waiting, said, opens=opening([], freezes, now))
    else:
        yield Result("freeze", Gate.open, "none holds now")


def _window_text(window: Window) -> str:
    days = f"{', '.join(window.days)} " if window.days else ""
    return f"{days}{window.from_:%H:%M} to {window.to:%H:%M} {window.timezone}"


def _freeze_text(freeze: Freeze) -> str:
    reason = f" ({freeze.reason})" if freeze.reason else ""
    return f"{freeze.from_} to {freeze.to} {freeze.timezone}{reason}"
