"""The last lines of a commit's message, each a name and a value: what programs read of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

TRAILER = re.compile(r"^([A-Z][A-Za-z-]*): (.*)$")


def trailers(message: str) -> dict[str, list[str]]:
    """By name, in their order; a message that ends with other words has none."""
    *_, last = message.rstrip().split("\n\n")
    found: dict[str, list[str]] = {}
    for line in last.splitlines():
        match = TRAILER.match(line)
        if match is None:
            return {}
        found.setdefault(match[1], []).append(match[2])
    return found


def with_trailers(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    lines = [f"{name}: {' '.join(value.split())}" for name, value in pairs]
    return "\n".join([text.rstrip(), "", *lines, ""])
