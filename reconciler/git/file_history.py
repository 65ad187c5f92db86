"""What files were before: who gave each its content, and what it was until then."""

from __future__ import annotations

from itertools import accumulate, islice

import pygit2
from pygit2.enums import SortMode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LAST_SECOND = 253_402_300_799  # of the year 9999


class CommitSummary:
    """A commit in few words; the time is in seconds since 1970."""

    __slots__ = ("author", "id", "subject", "time")

    def __init__(self, id: str, time: int, subject: str, author: str) -> None:  # noqa: A002
        self.id = id
        self.time = time
        self.subject = subject
        self.author = author


def about(commit: pygit2.Commit) -> CommitSummary:
    subject = commit.raw_message.decode(errors="replace").strip().partition("\n")[0]
    author = commit.author.raw_name.decode(errors="replace")
    return CommitSummary(str(commit.id), _time(commit), subject, author)


def _time(commit: pygit2.Commit) -> int:
    """As near as a calendar comes to what the commit says, which may be anything."""
    return max(0, min(commit.commit_time, LAST_SECOND))


class DatedCommit:
    """A commit, the time that it says it was made at, and the earliest at which it can have come.

    It is no older than what it builds on, whatever it says: who makes a commit chooses its date.
    """

    __slots__ = ("earliest", "id", "said")

    def __init__(self, id: str, said: int, earliest: int) -> None:  # noqa: A002
        self.id = id
        self.said = said
        self.earliest = earliest


def dated(git: pygit2.Repository, tip: str, now: float, most: int) -> Iterator[DatedCommit]:
    """The last commits of a branch, the newest first. Dates that are still to come say nothing."""
    found = [(str(c.id), _time(c)) for c in islice(_first_parents(git, tip), most)]
    past = (time if time <= now else 0 for _, time in reversed(found))
    for (name, said), earliest in zip(found, reversed(list(accumulate(past, max))), strict=True):
        yield DatedCommit(name, said, earliest)


def _first_parents(git: pygit2.Repository, tip: str) -> Iterator[pygit2.Commit]:
    """No further than somebody asks, where the library's own walk goes to the end at once."""
    commit = git[tip].peel(pygit2.Commit)
    while True:
        yield commit
        parents = commit.parent_ids
        if not parents or parents[0] not in git:  # a shallow clone ends before the history does
            return
        commit = git[parents[0]].peel(pygit2.Commit)


class CommitMessage:
    """A commit as its author tells it."""

    __slots__ = ("author", "id", "message")

    def __init__(self, commit: pygit2.Commit) -> None:
        self.id = str(commit.id)
        self.author = commit.author.raw_name.decode(errors="replace")
        self.message = commit.raw_message.decode(errors="replace")


def commits_of_merge(git: pygit2.Repository, name: str) -> Iterator[CommitMessage]:
    """A commit of a branch, and if it is a merge all that came with it, the newest first."""
    walk = git.walk(git[name].id, SortMode.TOPOLOGICAL)
    first = git[name].peel(pygit2.Commit).parent_ids[:1]
    for parent in first:
        walk.hide(parent)
    return map(CommitMessage, walk)


class FileVersion:
    """A content of a file (none where it was missing), and the commit that put it there."""

    __slots__ = ("commit", "content", "position")

    def __init__(self, commit: CommitSummary, content: bytes | None, position: int) -> None:
        self.commit = commit
        self.content = content
        self.position = position  # how many commits ago


class FileHistory:
    """Goes back along a branch as far as it is asked; what a merge brought counts as the merge's.

    A clone may end before the history does.
    """

    def __init__(self, git: pygit2.Repository, tip: str, paths: Iterable[str]) -> None:
        self.whole = not git.is_shallow
        self._git = git
        walk = git.walk(git[tip].id, SortMode.TOPOLOGICAL)
        walk.simplify_first_parent()
        self._walk = iter(walk)
        # By the folder above their own: one look tells that nothing changed in any of them.
        self._folders: dict[str, list[str]] = {}
        self._versions: dict[str, list[FileVersion]] = {}
        for path in paths:
            above = "/".join(path.split("/")[:-2])
            self._folders.setdefault(above, []).append(path)
            self._versions[path] = []
        self._trees: dict[str, pygit2.Oid | None] = {}
        self._blobs: dict[str, pygit2.Oid | None] = {}
        self._later: pygit2.Commit | None = None
        self._position = -1

    def versions(self, path: str) -> Iterator[FileVersion]:
        """The newest first."""
        known = self._versions[path]
        i = 0
        while i < len(known) or self._go_back():
            if i < len(known):
                yield known[i]
                i += 1

    def _go_back(self) -> bool:
        commit = next(self._walk, None)
        if commit is None:
            if self._later is None:
                return False
            for path in self._versions:
                self._begun(path)
            self._later = None
            return True
        for folder, paths in self._folders.items():
            found = _at(commit.tree, folder)
            tree = found.id if found else None
            if self._later is None or tree != self._trees[folder]:
                self._compare(found, folder, paths)
                self._trees[folder] = tree
        self._later = commit
        self._position += 1
        return True

    def _compare(self, tree: pygit2.Object | None, folder: str, paths: list[str]) -> None:
        for path in paths:
            found = _at(tree, path.removeprefix(f"{folder}/"))
            blob = found.id if found else None
            if self._later is not None and blob != self._blobs[path]:
                self._begun(path)
            self._blobs[path] = blob

    def _begun(self, path: str) -> None:
        """The later commit is the one that gave this file what it had from then on."""
        assert self._later is not None  # noqa: S101
        blob = self._blobs[path]
        content = self._git[blob].read_raw() if blob else None
        self._versions[path].append(FileVersion(about(self._later), content, self._position))


class ChangedPaths:
    """Which files each commit of a branch changed, as far back as somebody asks.

    What a merge brought counts as the merge's.
    """

    def __init__(self, git: pygit2.Repository, tip: str) -> None:
        walk = git.walk(git[tip].id, SortMode.TOPOLOGICAL)
        walk.simplify_first_parent()
        self._walk = iter(walk)
        self._known: list[tuple[pygit2.Commit, frozenset[str]]] = []

    def of(self, paths: Iterable[str]) -> Iterator[CommitSummary]:
        """The commits that changed any of these files, the newest first."""
        wanted = frozenset(paths)
        i = 0
        while i < len(self._known) or self._go_back():
            commit, changed = self._known[i]
            if not wanted.isdisjoint(changed):
                yield about(commit)
            i += 1

    def _go_back(self) -> bool:
        commit = next(self._walk, None)
        if commit is None:
            return False
        if commit.parents:
            difference = commit.parents[0].tree.diff_to_tree(commit.tree)
        else:
            difference = commit.tree.diff_to_tree(swap=True)
        changed = (side.path for d in difference.deltas for side in (d.old_file, d.new_file))
        self._known.append((commit, frozenset(changed)))
        return True


def _at(tree: pygit2.Object | None, path: str) -> pygit2.Object | None:
    try:
        return tree[path] if isinstance(tree, pygit2.Tree) else None
    except KeyError:
        return None
