"""Names that somebody mistyped, and names by pattern."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from re import Pattern

from reconciler.model.globs import compile_glob
from reconciler.model.suggest import nearest


def meant(typed: str, known: Iterable[str]) -> str:
    """A hint with the name that was probably meant, or "" if none is close."""
    name = nearest(typed, known)
    return f"did you mean {name}?" if name else ""


def matches(pattern: str, name: str) -> bool:
    return _compiled(pattern).fullmatch(name) is not None


@cache
def _compiled(pattern: str) -> Pattern[str]:
    return compile_glob(pattern)
