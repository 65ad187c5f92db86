"""Lines of a commit's message that are a name and a value each: what programs read of it."""

from __future__ import annotations

import re
from collections.abc import Iterable

TRAILER = re.compile(r"^([A-Z][A-Za-z-]*): (.*)$")


def trailers(message: str) -> dict[str, list[str]]:
    """By name, in their order, wherever a block of them is: a forge may write below it."""
    found: dict[str, list[str]] = {}
    for block in message.replace("\r\n", "\n").split("\n\n"):
        matches = [TRAILER.match(line) for line in block.strip().splitlines()]
        for match in matches if all(matches) else ():
            if match:
                found.setdefault(match[1], []).append(match[2])
    return found


def with_trailers(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    lines = [f"{name}: {' '.join(value.split())}" for name, value in pairs]
    return "\n".join([text.rstrip(), "", *lines, ""])
