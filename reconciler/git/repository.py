"""Revisions of a repository, straight out of its object store."""

from __future__ import annotations

import pygit2
from pygit2.enums import ObjectType

from reconciler.errors import RepositoryError
from reconciler.git.addresses import HEX, is_full_name
from reconciler.git.commit import CommitTree
from reconciler.git.objects import open_objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ORIGIN = "refs/remotes/origin/"
SHORTEST_NAME = 4


class Repository:
    """A Git repository on this machine; nothing here fetches, checks out or writes."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self._git = pygit2.Repository(path)
            self._loose = open_objects(self._git)
        except (pygit2.GitError, KeyError) as e:
            raise RepositoryError(
                f"{path} is not a Git repository that can be read", why=str(e)
            ) from e

    def commit(self, revision: str) -> CommitTree:
        """The tree of a revision: a commit, a tag, a branch, HEAD~2, …"""
        found = None
        try:
            found = self._git.revparse_single(revision)
            commit = found.peel(ObjectType.COMMIT)
            tree = commit.peel(ObjectType.TREE)
        except (KeyError, ValueError, pygit2.GitError) as e:
            several = not found and isinstance(e, ValueError) and HEX.issuperset(revision)
            raise self._no_such(revision, short_for_several=several) from e
        return CommitTree(self._git, str(commit.id), str(tree.id))

    def fetched(self, name: str) -> CommitTree:
        """What fetching this name from the origin gives, as far as this clone knows.

        It is a commit's name, a tag or a branch, or "" for the default branch. What was last
        seen of the origin counts before this clone's own branches. The beginning of a commit's
        name is taken too, though Git does not fetch by it.
        """
        if name in ("", "HEAD"):
            return self.commit(self._default())
        if not is_full_name(name):
            for reference in _meanings(name):
                if reference in self._git.references:
                    return self.commit(reference)
        if len(name) >= SHORTEST_NAME and HEX.issuperset(name.lower()):
            return self.commit(name.lower())
        raise self._no_such(name, "branch or tag")

    def _default(self) -> str:
        if f"{ORIGIN}HEAD" in self._git.references:
            return f"{ORIGIN}HEAD"
        seen = any(name.startswith(ORIGIN) for name in self._git.references)
        if not seen and not self._git.head_is_detached:
            return "HEAD"
        raise RepositoryError(
            "this clone does not know which branch is the remote's default",
            hint="name a commit with ?ref=, or run git remote set-head origin --auto",
        )

    def _no_such(
        self, revision: str, what: str = "commit", *, short_for_several: bool = False
    ) -> RepositoryError:
        damaged = next((store.damaged for store in self._loose if store.damaged), "")
        if damaged:
            return RepositoryError(
                f"{revision} cannot be read: the object {damaged} is damaged in {self.path}",
                hint="git fsck shows what else is; fetch into a new clone",
            )
        if short_for_several:
            return RepositoryError(
                f"{revision} is short for several objects in {self.path}",
                hint="write more of the commit's name, or all of it",
            )
        if self._git.head_is_unborn and not list(self._git.references):
            return RepositoryError(
                f"the repository {self.path} has no commit yet", hint="commit something first"
            )
        if self._git.is_shallow:
            return RepositoryError(
                f"this shallow clone does not hold {revision}",
                hint="git fetch --unshallow, or clone with the full history",
            )
        return RepositoryError(
            f"there is no {what} {revision!r} in {self.path}",
            hint="git fetch first if it is on a remote; git log names what is here",
        )


def _meanings(name: str) -> Iterator[str]:
    """The references that git fetch takes a name for, as a clone calls them, first ones first."""
    for full in (name, f"refs/{name}", f"refs/tags/{name}", f"refs/heads/{name}"):
        if full.startswith("refs/heads/"):
            yield ORIGIN + full.removeprefix("refs/heads/")
        yield full
