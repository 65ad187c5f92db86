"""The commit that a pin leads to, and whether that is, or builds on, another one."""

from __future__ import annotations

from reconciler.errors import ReconcilerError
from reconciler.git.repository import Repository


def leads_to(repository: Repository, ref: str, commit: str, *, exactly: bool = True) -> bool:
    """Or, if not `exactly`, to something that builds on it. What cannot be fetched does not."""
    if ref == commit:
        return True
    try:
        found = repository.fetched(ref)
        return found == commit or (not exactly and is_ancestor(repository, commit, found))
    except ReconcilerError:
        return False


def is_ancestor(repository: Repository, commit: str, later: str) -> bool:
    return repository.merge_base(commit, later) == commit
