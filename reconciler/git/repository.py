"""Revisions of a repository, straight out of its object store."""

from __future__ import annotations

import pygit2
from pygit2.enums import ObjectType

from reconciler.errors import RepositoryError
from reconciler.git.commit import CommitTree
from reconciler.git.objects import open_objects


class About:
    """A commit in few words; the time is in seconds since 1970."""

    __slots__ = ("id", "subject", "time")

    def __init__(self, id: str, time: int, subject: str) -> None:  # noqa: A002
        self.id = id
        self.time = time
        self.subject = subject


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

    def branch(self) -> str | None:
        """What HEAD is on; none if it is on no branch."""
        target = self._git.references["HEAD"].target
        return target.removeprefix("refs/heads/") if isinstance(target, str) else None

    def about(self, revision: str) -> About | None:
        """A commit in few words; none if it is not in this clone."""
        try:
            commit = self._git.revparse_single(revision).peel(ObjectType.COMMIT)
        except (KeyError, ValueError, pygit2.GitError):
            return None
        subject = commit.raw_message.decode(errors="replace").strip().partition("\n")[0]
        return About(str(commit.id), commit.commit_time, subject)

    def commit(self, revision: str) -> CommitTree:
        """The tree of a revision: a commit, a tag, a branch, HEAD~2, …"""
        try:
            found = self._git.revparse_single(revision)
            commit = found.peel(ObjectType.COMMIT)
            tree = commit.peel(ObjectType.TREE)
        except (KeyError, ValueError, pygit2.GitError) as e:
            raise self._no_such(revision) from e
        return CommitTree(self._git, str(commit.id), str(tree.id))

    def _no_such(self, revision: str) -> RepositoryError:
        damaged = next((store.damaged for store in self._loose if store.damaged), "")
        if damaged:
            return RepositoryError(
                f"{revision} cannot be read: the object {damaged} is damaged in {self.path}",
                hint="git fsck shows what else is; fetch into a new clone",
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
            f"there is no commit {revision!r} in {self.path}",
            hint="git fetch first if it is on a remote; git log names what is here",
        )
