"""What a pull request's body says to later runs, where people do not see it."""

from __future__ import annotations

import re

MARK = re.compile(r"\n*<!-- promotion ([0-9a-f]+) -->\s*$")
ROOM = 64


def marked(body: str, release: str) -> str:
    """With the release that it proposes."""
    return f"{body.rstrip()}\n\n<!-- promotion {release} -->\n"


def unmarked(body: str) -> str:
    """It was taken back by us: the same release may be proposed again."""
    return MARK.sub("\n", body)


def release_in(body: str) -> str:
    found = MARK.search(body)
    return found[1] if found else ""
