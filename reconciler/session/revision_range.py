"""Revisions among the words that were typed: A, A B, A..B and A...B, as git diff takes them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from reconciler.errors import UsageError
from reconciler.model.paths import ENVIRONMENTS
from reconciler.session.trees import open_repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.git.repository import Repository

RANGE = re.compile(r"(.*?[^.]|)(\.{2,3})([^.].*|)")


@dataclass(frozen=True, slots=True)
class RevisionRange:
    """From one revision to another, or to what is there now; A...B is typed from A on."""

    before: str
    after: str | None = None
    typed: str = ""


def revisions_among(words: Sequence[str], root: str) -> tuple[list[str], RevisionRange | None]:
    """The words that are names, and the range that the others stand for.

    What is a file, an environment or an app on disk is never taken for a revision.
    """
    unknown = [word for word in words if not _is_there(word, root)]
    git = open_repository(root) if unknown else None
    if git is None:
        return list(words), None
    ranges = {word: found for word in unknown if (found := range_of(word, git))}
    revisions = [word for word in unknown if word not in ranges and git.about(word)]
    names = [word for word in words if word not in ranges and word not in revisions]
    if len(ranges) + bool(revisions) > 1 or len(revisions) > 2:
        typed = " ".join(word for word in words if word not in names)
        raise UsageError(f"more than two revisions are named: {typed}", hint="write A..B, or A B")
    if revisions:
        after = revisions[1] if len(revisions) == 2 else None
        return names, RevisionRange(revisions[0], after, revisions[0])
    return names, next(iter(ranges.values()), None)


def range_of(word: str, git: Repository) -> RevisionRange | None:
    """What A..B stands for, or A...B, which begins where B left the history of A."""
    found = RANGE.fullmatch(word)
    if found is None or os.path.exists(word):
        return None
    before, after = found[1] or "HEAD", found[3] or "HEAD"
    if not git.about(before) or not git.about(after):
        return None
    begin = git.merge_base(before, after) if found[2] == "..." else before
    return RevisionRange(begin, after, before)


def _is_there(word: str, root: str) -> bool:
    return any(
        os.path.exists(path)
        for path in (word, os.path.join(root, word), os.path.join(root, ENVIRONMENTS, word))
    )
