"""What a mistyped name was meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(typed: str, known: Iterable[str]) -> str:
    """A hint, or "" if nothing is close."""
    close = get_close_matches(typed, sorted(known), n=1, cutoff=0.7)
    return f"did you mean {close[0]}?" if close else ""
