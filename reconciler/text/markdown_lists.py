"""Lists and tables in Markdown, of which no more is written than anybody reads."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.text.markdown import code, prose

LONGEST = 120


def short(text: str) -> str:
    """Text of anybody's for a line or a cell."""
    text = " ".join(text.split())
    return prose(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")


def name(text: str) -> str:
    return code(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")


def count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def bullets(lines: Sequence[str], most: int) -> str:
    shown = [f"- {line}\n" for line in lines[:most]]
    return "".join(shown) + more(len(lines) - most, "- ")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], most: int) -> str:
    lines = [heads, ["---"] * len(heads), *rows[:most]]
    text = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    return text + more(len(rows) - most, "\n")


def more(left: int, begin: str) -> str:
    return f"{begin}and {left:,} more\n" if left > 0 else ""
