"""What commits, branches and our own references are called; no other text passes for a commit."""

from __future__ import annotations

from typing import NewType

CommitId = NewType("CommitId", str)  # all 40 digits
BranchName = NewType("BranchName", str)  # without refs/heads/

OUR_REFS = "refs/reconciler"  # where all is that we keep in a repository beside its branches
HEADS = "refs/heads/"


def reference_of(branch: BranchName) -> str:
    return branch if branch.startswith("refs/") else HEADS + branch


def branch_of(reference: str) -> BranchName:
    return BranchName(reference.removeprefix(HEADS))
