"""Which commits changed something in a folder."""

from __future__ import annotations

import pygit2
from pygit2.enums import ObjectType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.git.file_history import CommitSummary


def touching(
    git: pygit2.Repository, commits: Iterable[CommitSummary], folder: str
) -> list[CommitSummary]:
    """A merge counts if it is like none of its parents, which is how git log sees it."""
    known: dict[pygit2.Oid, pygit2.Oid | None] = {}

    def at(commit: pygit2.Oid) -> pygit2.Oid | None:
        if commit not in known:
            known[commit] = _at(git, commit, folder)
        return known[commit]

    found = []
    for about in commits:
        commit = git[about.id].peel(ObjectType.COMMIT)
        here = at(commit.id)
        parents = [at(parent) for parent in commit.parent_ids]
        if here not in parents if parents else here is not None:
            found.append(about)
    return found


def _at(git: pygit2.Repository, commit: pygit2.Oid, folder: str) -> pygit2.Oid | None:
    """Nothing is there in a commit that a shallow clone lacks."""
    try:
        tree = git[commit].peel(ObjectType.TREE)
        return tree[folder].id if folder else tree.id
    except KeyError:
        return None
