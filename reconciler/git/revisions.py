"""Revisions as people type them, with the names of branches in full.

Git takes a tag first that is called as a branch, also as one of another repository. Others can push
such a tag, and with it would choose what a branch is compared with.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Known = Callable[[str], bool]

END_OF_NAME = re.compile(r"[~^:]|@\{")
DOTS = re.compile(r"(\.{2,3})")


def in_full(revision: str, known: Known) -> str:
    """`known` tells whether there is a reference of this full name."""
    name = END_OF_NAME.split(revision, maxsplit=1)[0]
    for full in (f"refs/heads/{name}", f"refs/remotes/{name}"):
        if name not in ("", "HEAD") and known(full):
            return full + revision.removeprefix(name)
    return revision


def range_in_full(revisions: str, known: Known) -> str:
    """Of A..B, A...B, or a revision alone."""
    return "".join(in_full(part, known) for part in DOTS.split(revisions))
