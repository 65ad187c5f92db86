"""What is done to the world for a promotion, a step each: as data, to be shown or carried out.

Each can be done again: it leaves what is as it should be as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reconciler.forges.forge import CommitStatus, WantedPullRequest
from reconciler.git.names import BranchName
from reconciler.promotion.pull_request.branch import BranchWork
from reconciler.text.suggestions import listing


@dataclass(frozen=True, slots=True)
class PushBranch:
    """`tip` is where the branch is now; none if it is to be made."""

    work: BranchWork
    tip: str | None
    on_top: bool = False  # of commits of others

    def __str__(self) -> str:
        name = self.work.request.branch
        if self.tip is None:
            return f"push the new branch {name}"
        if self.on_top:
            return f"push a commit to {name}, on top of those of others"
        return f"push the branch {name} anew"

    @property
    def fields(self) -> dict[str, Any]:
        plan = self.work.plan
        return {
            "branch": self.work.request.branch,
            "tip": self.tip,
            "base": plan.base,
            "on_top": self.on_top,
            "files": sorted(plan.edits),
        }


@dataclass(frozen=True, slots=True)
class OpenPullRequest:
    branch: BranchName
    base: BranchName
    wanted: WantedPullRequest

    def __str__(self) -> str:
        draft = ", as a draft" if self.wanted.draft else ""
        return f"open a pull request from {self.branch} to {self.base}{draft}: {self.wanted.title}"

    @property
    def fields(self) -> dict[str, Any]:
        return {"branch": self.branch, "base": self.base, **_wanted(self.wanted)}


@dataclass(frozen=True, slots=True)
class UpdatePullRequest:
    """`changes` are the parts that are seen to differ; who is asked for a review is not seen."""

    number: int
    wanted: WantedPullRequest
    changes: tuple[str, ...] = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"update pull request {self.number}: {listing(self.changes)}"

    @property
    def fields(self) -> dict[str, Any]:
        changes = list(self.changes)
        return {"number": self.number, "changes": changes, **_wanted(self.wanted)}


@dataclass(frozen=True, slots=True)
class AttachFile:
    number: int | None
    name: str
    content: bytes

    def __str__(self) -> str:
        return f"attach {self.name} to {_pull(self.number)}, {len(self.content):,} bytes"

    @property
    def fields(self) -> dict[str, Any]:
        return {"number": self.number, "name": self.name, "bytes": len(self.content)}


@dataclass(frozen=True, slots=True)
class PostComment:
    """There is one for each mark, which is rewritten in place; without a mark it never is."""

    number: int | None
    mark: str
    text: str

    def __str__(self) -> str:
        first = self.text.partition("\n")[0]
        return f"comment on {_pull(self.number)}: {first}"

    @property
    def fields(self) -> dict[str, Any]:
        return {"number": self.number, "mark": self.mark or None, "text": self.text}


@dataclass(frozen=True, slots=True)
class SetStatuses:
    commit: str | None  # none if it is still to be made
    statuses: tuple[CommitStatus, ...]

    def __str__(self) -> str:
        said = listing([f"{s.context} {s.verdict.value}" for s in self.statuses])
        return f"set statuses of {self.commit[:10] if self.commit else 'its commit'}: {said}"

    @property
    def fields(self) -> dict[str, Any]:
        statuses = [
            {"context": s.context, "verdict": s.verdict.value, "description": s.description}
            for s in self.statuses
        ]
        return {"commit": self.commit, "statuses": statuses}


@dataclass(frozen=True, slots=True)
class ClosePullRequest:
    number: int

    def __str__(self) -> str:
        return f"close pull request {self.number}"

    @property
    def fields(self) -> dict[str, Any]:
        return {"number": self.number}


@dataclass(frozen=True, slots=True)
class DeleteBranch:
    branch: BranchName
    tip: str | None  # it stays if it is elsewhere by then; none if it is still to be made

    def __str__(self) -> str:
        return f"delete the branch {self.branch}"

    @property
    def fields(self) -> dict[str, Any]:
        return {"branch": self.branch, "tip": self.tip}


@dataclass(frozen=True, slots=True)
class Merge:
    number: int | None
    commit: str | None
    title: str
    message: str

    def __str__(self) -> str:
        return f"merge {_pull(self.number)}"

    @property
    def fields(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "commit": self.commit,
            "title": self.title,
            "message": self.message,
        }


Action = (
    PushBranch
    | OpenPullRequest
    | UpdatePullRequest
    | AttachFile
    | PostComment
    | SetStatuses
    | ClosePullRequest
    | DeleteBranch
    | Merge
)


def action_document(action: Action) -> dict[str, Any]:
    """Version 1 of this shape only ever gains fields."""
    return {"action": type(action).__name__, "text": str(action), **action.fields}


def _wanted(wanted: WantedPullRequest) -> dict[str, Any]:
    return {
        "title": wanted.title,
        "body": wanted.body,
        "labels": list(wanted.labels),
        "reviewers": list(wanted.reviewers),
        "draft": wanted.draft,
    }


def _pull(number: int | None) -> str:
    return f"pull request {number}" if number else "it"
