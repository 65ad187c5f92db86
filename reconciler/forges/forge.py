"""What the program asks of a forge. Each forge has a module beside this one that answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from reconciler.git.names import BranchName

LOCAL = "local"  # the repository is its own forge
OWN_NUMBER = "{NUMBER}"  # where a body says the number that it is still to get, of a local request
KINDS = ("github", "gitea", "gitlab", LOCAL)


class PullRequestState(StrEnum):
    open = "open"
    merged = "merged"
    closed = "closed"


class StatusVerdict(StrEnum):
    """What a commit status says."""

    pending = "pending"
    success = "success"
    failure = "failure"


class MergeOutcome(StrEnum):
    """What became of the wish to merge."""

    merged = "merged"
    scheduled = "scheduled"  # the forge merges when its own conditions hold
    waiting = "waiting"  # not yet: it is still looking, or a condition does not hold
    conflict = "conflict"
    undecided = "undecided"  # it has not said whether it can: a conflict shows in the branch itself
    moved = "moved"  # the branch has another commit by now


@dataclass(frozen=True, slots=True)
class WantedPullRequest:
    """What a pull request is to look like."""

    title: str
    body: str
    labels: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    draft: bool = False


@dataclass(frozen=True, slots=True)
class PullRequest:
    number: int
    url: str
    title: str
    body: str
    branch: BranchName
    commit: str  # the tip of the branch
    base: BranchName  # the branch that it goes to
    state: PullRequestState
    draft: bool
    labels: tuple[str, ...]
    author: str
    created: datetime
    merged_as: str = ""  # the commit on the base, once it is merged
    merged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's consent; it counts for the commit that the person saw."""

    user: str
    commit: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """Where others may edit it, an `edited` one may hold words that are not its author's."""

    id: str
    author: str
    body: str
    edited: bool = False


@dataclass(frozen=True, slots=True)
class CommitStatus:
    context: str
    verdict: StatusVerdict
    description: str = ""
    url: str = ""


class Forge(Protocol):
    """One repository of a forge. Every method can be repeated, and tells errors as ForgeError."""

    kind: str
    longest_body: int
    """How many characters of a body or a comment it takes."""

    def user(self) -> str:
        """Who the token belongs to."""

    def open_pulls(self) -> list[PullRequest]:
        """All of them, whatever the number of pages."""

    def pull(self, number: int) -> PullRequest: ...

    def last_pull(self, branch: BranchName, base: BranchName) -> PullRequest | None:
        """The newest from this branch to that one, open or not."""

    def pulls_of(self, commit: str) -> list[PullRequest]:
        """The merged ones that brought a commit of the main branch."""

    def create(
        self, branch: BranchName, base: BranchName, wanted: WantedPullRequest
    ) -> PullRequest:
        """Or adopt the one that is open already."""

    def update(self, pull: PullRequest, wanted: WantedPullRequest) -> PullRequest:
        """Only what differs; labels and reviewers that people added stay."""

    def close(self, pull: PullRequest) -> None: ...

    def approvals(self, pull: PullRequest) -> list[Approval]:
        """The last word of each person, if it is a consent."""

    def comments(self, pull: PullRequest) -> list[Comment]: ...

    def say(self, pull: PullRequest, mark: str, text: str) -> None:
        """One comment for each mark, which nobody sees; it is rewritten in place."""

    def say_once(self, pull: PullRequest, text: str) -> None:
        """A comment that is never rewritten; none if ours is there as we wrote it."""

    def attach(self, pull: PullRequest, name: str, content: bytes) -> str | None:
        """The URL of a file kept with the pull request; none if the forge keeps no files."""

    def statuses(self, commit: str) -> list[CommitStatus]:
        """The last of each context, whatever system of the forge it came from."""

    def set_status(self, commit: str, status: CommitStatus) -> None: ...

    def witness(self, commit: str, status: CommitStatus) -> datetime:
        """When we ourselves first gave a commit a status of this context, by the forge's clock.

        We give it now if we never did. What others gave counts for nothing.
        """

    def merge(self, pull: PullRequest, title: str, message: str) -> MergeOutcome:
        """Only the commit that `pull` names; or let the forge do it once it can."""

    def delete_branch(self, branch: BranchName, commit: str) -> None:
        """If it still is at this commit."""

    def commit_url(self, commit: str) -> str: ...

    def compare_url(self, old: str, new: str) -> str: ...

    def members(self, team: str) -> frozenset[str]:
        """The accounts of a team such as org/team."""

    def code_owners(self, paths: Sequence[str], base: BranchName) -> tuple[str, ...]:
        """Who the forge's file of code owners names for these paths."""
