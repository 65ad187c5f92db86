"""Where branches are that nobody has checked out, and how they move: never unless they are where
they were seen."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol

import pygit2

from reconciler.errors import RepositoryError
from reconciler.git.command import run_git
from reconciler.git.default_branch import followed_branch
from reconciler.git.names import HEADS, BranchName, branch_of
from reconciler.git.repository import open_repository

NOWHERE = "0" * 40


class Branches(Protocol):
    """The references of this repository, or of the one that it was cloned from."""

    def fetch(self, *names: str) -> None:
        """Let this repository hold what these references hold."""

    def tips(self, *names: str) -> dict[str, str]:
        """Where references are now that have this name, or below a folder whose name ends with /.

        By their full names.
        """

    def move(self, reference: str, new: str | None, old: str | None) -> bool:
        """From one commit to another (none: it is not there), if it still is at the first."""

    def create(self, references: Mapping[str, str]) -> None:
        """Many in one go; those that are there by now stay as they are."""


class OwnBranches:
    """Those of this repository. Work trees and the index stay as they are."""

    def __init__(self, root: str) -> None:
        self.root = root

    def fetch(self, *names: str) -> None:
        pass

    def tips(self, *names: str) -> dict[str, str]:
        listed = run_git(self.root, "for-each-ref", "--format=%(objectname) %(refname)", *names)
        pairs = (line.split(" ", 1) for line in os.fsdecode(listed).splitlines())
        return {name: commit for commit, name in pairs}

    def move(self, reference: str, new: str | None, old: str | None) -> bool:
        folder = checked_out_in(self.root, branch_of(reference))
        if folder:
            raise RepositoryError(
                f"the branch {branch_of(reference)} is checked out in {folder}",
                hint="switch to another branch there: no files on disk are changed",
            )
        run_git(
            *(self.root, "update-ref", "-m", "reconciler promote", reference),
            *(new or NOWHERE, old or NOWHERE),
            may_fail=True,
        )
        return self.tips(reference).get(reference) == new

    def create(self, references: Mapping[str, str]) -> None:
        for reference, commit in references.items():
            self.move(reference, commit, None)


class SeenBranches:
    """Others, as they were when they were last fetched: a run asks for all of them once."""

    def __init__(self, branches: Branches) -> None:
        self._branches = branches
        self._tips: dict[str, str] = {}

    def fetch(self, *names: str) -> None:
        self._branches.fetch(*names)
        self._tips = self._branches.tips(*names)

    def tips(self, *names: str) -> dict[str, str]:
        return {
            reference: tip
            for reference, tip in self._tips.items()
            if any(reference == n or (n.endswith("/") and reference.startswith(n)) for n in names)
        }

    def move(self, reference: str, new: str | None, old: str | None) -> bool:
        moved = self._branches.move(reference, new, old)
        if moved and new:
            self._tips[reference] = new
        elif moved:
            self._tips.pop(reference, None)
        return moved

    def create(self, references: Mapping[str, str]) -> None:
        if references:
            self._branches.create(references)
            self._tips |= self._branches.tips(*references)


def main_branch(root: str, declared: str) -> BranchName:
    """What the main branch is called where pull requests go."""
    if declared:
        return BranchName(declared)
    git = open_repository(root)
    if branch := _pointed_to(git, "refs/remotes/origin/HEAD") or followed_branch(git):
        return branch
    if branch := _pointed_to(git, "HEAD"):
        return branch
    raise RepositoryError(
        "this clone does not know the main branch of origin",
        hint="git remote set-head origin --auto, or set releases.branch in environment.yaml",
    )


def _pointed_to(git: pygit2.Repository, name: str) -> BranchName | None:
    target = git.references[name].target if name in git.references else None
    if isinstance(target, str):
        return branch_of(target.removeprefix("refs/remotes/origin/"))
    return None


def checked_out_in(root: str, branch: BranchName) -> str | None:
    """The work tree that has this branch, if one does."""
    listed = run_git(root, "worktree", "list", "--porcelain", "-z")
    for tree in os.fsdecode(listed).split("\0\0"):
        fields = tree.strip("\0").split("\0")
        if f"branch {HEADS}{branch}" in fields:
            return fields[0].removeprefix("worktree ")
    return None
