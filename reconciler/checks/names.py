"""Names that somebody mistyped."""

from __future__ import annotations

from collections.abc import Iterable

from reconciler.model.suggest import nearest


def meant(typed: str, known: Iterable[str]) -> str:
    """A hint with the name that was probably meant, or "" if none is close."""
    name = nearest(typed, known)
    return f"did you mean {name}?" if name else ""
