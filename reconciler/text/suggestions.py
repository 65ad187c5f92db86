"""What somebody probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

FEW = 16


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that looks like this one; case, hyphens and underscores do not count."""
    bare = {_bare(k): k for k in known}
    found = get_close_matches(_bare(word), bare, n=1)
    return bare[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], they: str = "there is") -> str:
    """A hint: the word that was meant, or all that there are if they are few."""
    words = list(known)
    some = f"{they} {listing(words)}" if 0 < len(words) <= FEW else ""
    return meant(word, words) or some


def meant(typed: str, known: Iterable[str]) -> str:
    """A hint with the word that was probably meant, or "" if none is close."""
    word = nearest(typed, known)
    return f"did you mean {word}?" if word else ""


def listing(words: Iterable[str], joint: str = "and") -> str:
    """a, b and c"""
    *most, last = [*words] or [""]
    return f"{', '.join(most)} {joint} {last}" if most else last


def _bare(word: str) -> str:
    return word.casefold().replace("-", "").replace("_", "")
