"""What a pull request's body says to later runs: the release that it proposes."""

from __future__ import annotations

import re

MARK = re.compile(r"<!-- release ([0-9a-f]+) -->\n*")
ROOM = 64  # that it takes of a body


def marked(body: str, release: str) -> str:
    return f"<!-- release {release} -->\n\n{body}"


def unmarked(body: str) -> str:
    """It was taken back by us: the same release may be proposed again."""
    return MARK.sub("", body, count=1)


def release_in(body: str) -> str:
    found = MARK.match(body.lstrip().replace("\r\n", "\n"))
    return found[1] if found else ""
