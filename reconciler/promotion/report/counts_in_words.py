"""How many objects change, for readers who do not know the signs of a terminal."""

from __future__ import annotations

from reconciler.compare.difference import Counts


def in_words(counts: Counts) -> str:
    """As 1 added, 2 changed"""
    pairs = ((counts.added, "added"), (counts.changed, "changed"), (counts.removed, "removed"))
    said = ", ".join(f"{number:,} {what}" for number, what in pairs if number) or "none"
    return f"{said} ({counts.recreated:,} made again)" if counts.recreated else said
