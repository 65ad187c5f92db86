"""Which branch is the main one where nothing says so: origin was added here, and not cloned."""

from __future__ import annotations

from reconciler.git.names import BranchName

TYPE_CHECKING = False
if TYPE_CHECKING:
    import pygit2

USUAL = ("main", "master")


def followed_branch(git: pygit2.Repository) -> BranchName | None:
    """`main` or `master`, if a branch of this repository follows that of origin, and no other.

    That was set up here, by git push -u or git switch. By its name alone a branch of origin is not
    taken for the main one: others can push one that is called so.
    """
    found = [name for name in USUAL if _follows(git, name)]
    return BranchName(found[0]) if len(found) == 1 else None


def _follows(git: pygit2.Repository, name: str) -> bool:
    branch = git.branches.local.get(name)
    try:
        return branch is not None and branch.upstream_name == f"refs/remotes/origin/{name}"
    except KeyError:
        return False
