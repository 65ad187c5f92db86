"""Commits on branches that nobody has checked out: work trees and the index stay as they are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import pygit2
from pygit2.enums import FileMode, ObjectType

from reconciler.errors import RepositoryError
from reconciler.git.command import run_git
from reconciler.git.commits import make_commit
from reconciler.git.repository import open_repository

NOWHERE = "0" * 40


class Outcome(StrEnum):
    created = "created"
    updated = "updated"
    unchanged = "unchanged"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A branch that holds one commit more than the one that it is based on."""

    branch: str
    commit: str
    outcome: Outcome


def propose(
    root: str, branch: str, base: str, edits: Mapping[str, bytes], message: str, mark: str
) -> Proposal:
    """Let a branch be the base with these edits in one commit; all of it is one update of a ref.

    A branch with a commit that lacks the `mark`, a line of its message, is somebody's work and
    stays as it is.
    """
    git = open_repository(root)
    reference = f"refs/heads/{branch}"
    tip = git.references[reference].target if reference in git.references else None
    tree = _tree(git, git[base].peel(ObjectType.TREE), edits)
    if tip is not None:
        commit = git[tip].peel(ObjectType.COMMIT)
        if _is(commit, base, tree, message):
            return Proposal(branch, str(tip), Outcome.unchanged)
        _refuse_foreign(git, branch, str(tip), base, mark)
    _refuse_checked_out(root, branch)
    name = make_commit(root, str(tree), [base], message)
    update = ("update-ref", "-m", message.partition("\n")[0], reference, name, str(tip or NOWHERE))
    run_git(root, *update, hint="somebody else changed the branch just now: run it again")
    return Proposal(branch, name, Outcome.updated if tip else Outcome.created)


def _is(commit: pygit2.Commit, base: str, tree: pygit2.Oid, message: str) -> bool:
    parents = [str(parent) for parent in commit.parent_ids]
    return parents == [base] and commit.tree_id == tree and commit.message == message


def _refuse_foreign(git: pygit2.Repository, branch: str, tip: str, base: str, mark: str) -> None:
    walk = git.walk(git[tip].id)
    walk.hide(git[base].id)
    for commit in walk:
        if mark not in commit.message.splitlines():
            name, subject = str(commit.id)[:10], commit.message.partition("\n")[0]
            raise RepositoryError(
                f"the branch {branch} has a commit of somebody else: {name} {subject}",
                hint=f"merge it, or git branch --delete --force {branch}",
            )


def _refuse_checked_out(root: str, branch: str) -> None:
    folder = checked_out_in(root, branch)
    if folder:
        raise RepositoryError(
            f"the branch {branch} is checked out in {folder}",
            hint="switch to another branch there: no files on disk are changed",
        )


def checked_out_in(root: str, branch: str) -> str | None:
    """The work tree that has this branch, if one does."""
    listed = run_git(root, "worktree", "list", "--porcelain", "-z")
    for tree in os.fsdecode(listed).split("\0\0"):
        fields = tree.strip("\0").split("\0")
        if f"branch refs/heads/{branch}" in fields:
            return fields[0].removeprefix("worktree ")
    return None


def _tree(git: pygit2.Repository, tree: pygit2.Tree, edits: Mapping[str, bytes]) -> pygit2.Oid:
    """A tree with other contents of files that it has."""
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
