"""Commits made of edits, as objects alone: no file, no index and no reference changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from hashlib import sha256
from itertools import islice
from typing import Concatenate, ParamSpec, TypeVar

import pygit2
from pygit2.enums import FileMode, ObjectType

from reconciler.errors import RepositoryError
from reconciler.git.addresses import is_full_name
from reconciler.git.changed import changed
from reconciler.git.command import run_git
from reconciler.git.new_commit import make_commit
from reconciler.git.repository import open_repository
from reconciler.git.trailers import trailers

EDIT = "Promotion-Edit"
MAX_COMMITS = 1_000

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Committer:
    """Who commits, where Git's own configuration does not say it."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class NewFile:
    """The mode is as Git writes it: 100644, 100755 if it is a program, 120000 if it is a link."""

    path: str
    mode: str
    content: bytes


def _told(
    method: Callable[Concatenate[CommitBuilder, P], T],
) -> Callable[Concatenate[CommitBuilder, P], T]:
    """What others push may be damaged, or made so that it cannot be read."""

    @wraps(method)
    def telling(bench: CommitBuilder, /, *words: P.args, **named: P.kwargs) -> T:
        try:
            return method(bench, *words, **named)
        except (KeyError, ValueError, pygit2.GitError) as e:
            raise RepositoryError(
                "the commits of a branch cannot be read",
                why=str(e),
                hint="git fsck may say more; whoever pushed the branch has to push it again",
            ) from e

    return telling


class CommitBuilder:
    """Makes and reads the commits of one repository."""

    def __init__(self, root: str, committer: Committer | None = None) -> None:
        self.root = root
        self.git = open_repository(root)
        known = run_git(root, "config", "user.email", may_fail=True).strip()
        self._who = (
            []
            if known or not committer
            else [f"user.name={committer.name}", f"user.email={committer.email}"]
        )

    @_told
    def commit(self, name: str) -> pygit2.Commit:
        return self.git[name].peel(ObjectType.COMMIT)

    def has(self, name: str) -> bool:
        return is_full_name(name) and name in self.git

    def tree_with(self, base: str, edits: Mapping[str, bytes]) -> pygit2.Oid:
        """The tree of a commit with other contents of files that it has."""
        return _tree(self.git, self.commit(base).tree, edits)

    def make(self, tree: pygit2.Oid, parents: list[str], message: str) -> str:
        return make_commit(self.root, str(tree), parents, message, self._who)

    @_told
    def between(self, base: str, tip: str) -> list[pygit2.Commit]:
        """What a branch has that its base lacks, the newest first."""
        walk = self.git.walk(self.git[tip].id)
        walk.hide(self.git[base].id)
        found = list(islice(walk, MAX_COMMITS + 1))
        if len(found) > MAX_COMMITS:
            raise RepositoryError(
                f"a branch has more than {MAX_COMMITS:,} commits of its own",
                why="a promotion has one",
                hint="look at the remote's branches in promote/ and rollback/, and delete it",
            )
        return found

    @_told
    def files_of(self, commit: pygit2.Commit) -> dict[str, str]:
        """The blobs that a commit put into its first parent's tree."""
        if not commit.parents:
            return {}
        return changed(self.git, commit.parents[0].tree_id, commit.tree_id)

    def digest(self, tree: pygit2.Oid, parent: str) -> str:
        """Of what a commit changes: the same on any base."""
        return _digest(changed(self.git, self.commit(parent).tree_id, tree))

    def is_ours(self, commit: pygit2.Commit) -> bool:
        """Is it as we made it? A commit that somebody amended is theirs."""
        named = trailers(words_of(commit)).get(EDIT, [])
        return len(named) == 1 and named == [_digest(self.files_of(commit))]

    @_told
    def is_mere_merge(self, commit: pygit2.Commit) -> bool:
        """Without anything that somebody decided."""
        if len(commit.parent_ids) != 2:
            return False
        first, second = map(str, commit.parent_ids)
        return self.merged(first, second) == commit.tree_id

    def content(self, commit: str, path: str) -> bytes | None:
        try:
            found = self.commit(commit).tree[path]
        except KeyError:
            return None
        return found.data if isinstance(found, pygit2.Blob) else None

    @_told
    def merged(self, base: str, tip: str) -> pygit2.Oid | None:
        """The tree that a merge would make; none if there is a conflict."""
        ancestor = self.git.merge_base(self.git[base].id, self.git[tip].id)
        if not ancestor:
            return None
        before, one, other = (self.commit(str(name)).tree for name in (ancestor, base, tip))
        for side in (one, other):
            changed(self.git, before.id, side.id)  # few enough to be merged
        index = self.git.merge_trees(before, one, other)
        return None if index.conflicts else index.write_tree(self.git)

    def at(self, tree: pygit2.Oid, path: str) -> str | None:
        """The blob at a path."""
        found = self.git[tree]
        try:
            return str(found[path].id) if isinstance(found, pygit2.Tree) else None
        except KeyError:
            return None


def words_of(commit: pygit2.Commit) -> str:
    """Whatever encoding it claims: who makes a commit can write anything there."""
    return commit.raw_message.decode(errors="replace")


def _digest(files: Mapping[str, str]) -> str:
    lines = "".join(f"{blob} {path}\n" for path, blob in sorted(files.items()))
    return sha256(lines.encode(errors="surrogateescape")).hexdigest()[:20]


def _tree(git: pygit2.Repository, tree: pygit2.Tree, edits: Mapping[str, bytes]) -> pygit2.Oid:
    inside: dict[str, dict[str, bytes]] = {}
    builder = git.TreeBuilder(tree)
    for path, content in edits.items():
        name, _, rest = path.partition("/")
        if rest:
            inside.setdefault(name, {})[rest] = content
        else:
            builder.insert(name, git.create_blob(content), tree[name].filemode)
    for name, below in inside.items():
        folder = tree[name]
        assert isinstance(folder, pygit2.Tree)  # noqa: S101
        builder.insert(name, _tree(git, folder, below), FileMode.TREE)
    return builder.write()
