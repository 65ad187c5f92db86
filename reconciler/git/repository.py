"""Revisions of a repository, straight out of its object store."""

from __future__ import annotations

import os
from contextlib import suppress
from threading import RLock

import pygit2
from pygit2.enums import ObjectType, RepositoryOpenFlag, SortMode

from reconciler.errors import RepositoryError
from reconciler.git.addresses import HEX, is_full_name
from reconciler.git.commits_touching import touching
from reconciler.git.default_branch import followed_branch
from reconciler.git.file_history import (
    ChangedPaths,
    CommitMessage,
    CommitSummary,
    DatedCommit,
    FileHistory,
    about,
    commits_of_merge,
    dated,
)
from reconciler.git.locate import git_folder
from reconciler.git.names import BranchName, CommitId, branch_of
from reconciler.git.object_store import open_objects
from reconciler.git.revisions import in_full

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ORIGIN = "refs/remotes/origin/"
MIN_NAME_DIGITS = 4
MIN_ABBREVIATION_DIGITS = 7  # that Git prints; a shorter word may be a branch
MAX_ANCESTORS = 1000


class Repository:
    """A Git repository on this machine; nothing here fetches, checks out or writes."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._git = open_repository(path)
        self._loose = open_objects(self._git)
        self._alone = RLock()

    @property
    def objects(self) -> tuple[pygit2.Repository, RLock]:
        """What reads objects, and what it is asked under: libgit2 is not for several threads."""
        return self._git, self._alone

    def branch(self) -> BranchName | None:
        """What HEAD is on; none if it is on no branch."""
        target = self._git.references["HEAD"].target
        return branch_of(target) if isinstance(target, str) else None

    def about(self, revision: str) -> CommitSummary | None:
        """A commit in few words; none if it is not in this clone."""
        try:
            commit = self._peeled(revision)
        except (KeyError, ValueError, pygit2.GitError):
            return None
        return about(commit)

    def resolve(self, revision: str) -> CommitId:
        """The commit that a revision means: a commit, a tag, a branch, HEAD~2, …"""
        for store in self._loose:
            store.damaged = ""
        try:
            return CommitId(str(self._peeled(revision).id))
        except (KeyError, ValueError, pygit2.GitError) as e:
            raise self._no_such(revision, e) from e

    def _peeled(self, revision: str) -> pygit2.Commit:
        """Others can push a tag that is called as the beginning of a commit, or as a branch.

        The commit counts, and the branch, where Git takes the tag.
        """
        with self._alone:
            name = revision.lower()
            if len(name) >= MIN_ABBREVIATION_DIGITS and HEX.issuperset(name):
                with suppress(KeyError):
                    return self._git[name].peel(ObjectType.COMMIT)
            return self._git.revparse_single(
                in_full(revision, self._git.references.__contains__)
            ).peel(ObjectType.COMMIT)

    def merge_base(self, one: str, other: str) -> CommitId:
        """The commit where the histories of two revisions part."""
        ids = [self.resolve(revision) for revision in (one, other)]
        with self._alone:
            found = self._git.merge_base(*ids)
        if not found:
            hint = "git fetch --unshallow" if self._git.is_shallow else "name the commit itself"
            raise RepositoryError(f"{one} and {other} have no commit in common", hint=hint)
        return CommitId(str(found))

    def between(self, old: str, new: str) -> list[CommitSummary]:
        """The commits of one revision's history that the other's lacks; the newest first."""
        hidden, shown = (self.resolve(revision) for revision in (old, new))
        with self._alone:
            walk = self._git.walk(shown, SortMode.TOPOLOGICAL)
            walk.hide(hidden)
            return [about(commit) for commit in walk]

    def unpushed(self, branch: str, base: str) -> int:
        """How many commits this clone's own branch has that its origin's lacks, seen at `base`."""
        own = f"refs/heads/{branch}"
        names = self._git.references
        if own not in names or f"{ORIGIN}{branch}" not in names:
            return 0
        return len(self.between(base, own))

    def touching(self, commits: Iterable[CommitSummary], folder: str) -> list[CommitSummary]:
        """Those of some commits that changed something in a folder."""
        with self._alone:
            return touching(self._git, commits, folder)

    def history(self, revision: str, paths: Iterable[str]) -> FileHistory:
        """What the branch that ends here held at these paths."""
        return FileHistory(self._git, self.resolve(revision), paths)

    def changes(self, revision: str) -> ChangedPaths:
        """What each commit of the branch that ends here changed."""
        return ChangedPaths(self._git, self.resolve(revision))

    def dated(self, revision: str, now: float) -> DatedCommit:
        """A commit, and the earliest time at which it can have been made."""
        return next(dated(self._git, self.resolve(revision), now, MAX_ANCESTORS))

    def brought(self, commit: str) -> Iterator[CommitMessage]:
        """A commit of a branch, and if it is a merge all that came with it, the newest first."""
        return commits_of_merge(self._git, self.resolve(commit))

    @property
    def is_shallow(self) -> bool:
        """Is this clone without the beginnings of its history?"""
        return self._git.is_shallow

    def holds(self, branch: str, commit: str) -> bool | None:
        """Is this commit in the history of a branch, or else of the default one?

        None if this clone does not reach back far enough to tell.
        """
        try:
            tip = self.fetched_branch(branch)
        except RepositoryError:
            return None
        try:
            with self._alone:
                found = tip == commit or self._git.descendant_of(tip, commit)
        except (KeyError, ValueError, pygit2.GitError):
            found = False  # a commit that was fetched beside this clone
        return found or (None if self._git.is_shallow else False)

    def fetched(self, name: str) -> CommitId:
        """What fetching this name from the origin gives, as far as this clone knows.

        It is a commit's name, a tag or a branch, or "" for the default branch. What was last
        seen of the origin counts before this clone's own branches. The beginning of a commit's
        name is taken too, though Git does not fetch by it.
        """
        if name in ("", "HEAD"):
            return self.resolve(self._default())
        if not is_full_name(name):
            for reference in _meanings(name):
                if reference in self._git.references:
                    return self.resolve(reference)
        if len(name) >= MIN_NAME_DIGITS and HEX.issuperset(name.lower()):
            return self.resolve(name.lower())
        raise self._no_such(name, what="branch or tag")

    def fetched_branch(self, name: str) -> CommitId:
        """A branch of the origin, as it was last seen, or "" for the default one.

        No tag of the same name passes for it: those who may push one may not merge.
        """
        if name in ("", "HEAD"):
            return self.resolve(self._default())
        for reference in (f"{ORIGIN}{name}", f"refs/heads/{name}"):
            if reference in self._git.references:
                return self.resolve(reference)
        raise self._no_such(name, what="branch")

    def main(self, base: str = "") -> CommitId | None:
        """The branch that pull requests are merged to; none if this clone does not know which.

        It is the default branch of origin, as it was last fetched. Where that is not noted, as in
        most clones of CI, it is `base`, if that is a branch of origin. A repository that has seen
        no other has a main branch of its own: some CI fetches a pull request to one called main.
        """
        base = base.removeprefix("refs/").removeprefix("remotes/")
        if self._git.is_bare and not self._seen("refs/remotes/"):
            names = ["HEAD"]
        elif self._is_the_first():
            names = ["refs/heads/main", "refs/heads/master"]
        elif self._knows_default():
            names = [f"{ORIGIN}HEAD"]
        else:
            names = [f"refs/remotes/{base}"] if base.startswith("origin/") else []
        for name in names:
            if name in self._git.references:
                try:
                    return self.resolve(name)
                except RepositoryError:
                    return None
        return None

    def _is_the_first(self) -> bool:
        """Has nothing ever come here from another repository?"""
        fetched = (f"{folder}/FETCH_HEAD" for folder in (self._git.path, git_folder(self.path)))
        known = self._seen("refs/remotes/") or any(self._git.remotes.names())
        return not known and not any(map(os.path.exists, fetched))

    def _seen(self, prefix: str) -> bool:
        return any(name.startswith(prefix) for name in self._git.references)

    def _knows_default(self) -> bool:
        """Not if it leads to a commit by itself: somebody called a branch over there HEAD."""
        name = f"{ORIGIN}HEAD"
        return name in self._git.references and isinstance(self._git.references[name].target, str)

    def _default(self) -> str:
        if self._knows_default():
            return f"{ORIGIN}HEAD"
        if not self._seen(ORIGIN) and not self._git.head_is_detached:
            return "HEAD"
        if name := followed_branch(self._git):
            return f"{ORIGIN}{name}"
        raise RepositoryError(
            "this clone does not know the main branch of origin",
            hint="git remote set-head origin --auto, or set releases.branch in environment.yaml",
        )

    def _no_such(
        self, revision: str, error: Exception | None = None, what: str = "commit"
    ) -> RepositoryError:
        damaged = next((store.damaged for store in self._loose if store.damaged), "")
        if damaged:
            return RepositoryError(
                f"{revision} cannot be read: the object {damaged} is damaged in {self.path}",
                hint="git fsck shows what else is; fetch into a new clone",
            )
        if isinstance(error, pygit2.AmbiguousError) and len(revision) >= MIN_NAME_DIGITS:
            return RepositoryError(
                f"{revision} is short for several objects in {self.path}",
                hint="write more of the commit's name",
            )
        if error and not isinstance(error, (KeyError, ValueError)):
            return RepositoryError(
                f"{revision} cannot be read in {self.path}",
                why=str(error),
                hint="git fsck shows what is damaged",
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
            yield ORIGIN + branch_of(full)
        yield full


def open_repository(path: str) -> pygit2.Repository:
    """The repository whose top folder this is."""
    try:
        return pygit2.Repository(path, RepositoryOpenFlag.NO_SEARCH)
    except (pygit2.GitError, KeyError) as e:
        message = str(e)
        if "not found" in message:
            raise RepositoryError(
                f"{path} is not the top folder of a Git repository",
                hint="revisions are in a repository: name its top folder with --root",
            ) from e
        hint = "git fsck, run there, may say more"
        if "owned" in message:
            hint = f"if you trust it: git config --global --add safe.directory {path}"
        elif "format" in message or "extension" in message or "version" in message:
            hint = "clone it again with SHA-1 names and without Git's newer formats"
        raise RepositoryError(
            f"the Git repository {path} cannot be opened", why=message, hint=hint
        ) from e
