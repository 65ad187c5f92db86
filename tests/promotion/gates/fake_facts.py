"""A forge on paper: what people did to a pull request is what the test says."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from reconciler.errors import ForgeError
from reconciler.forges.forge import (
    Approval,
    Comment,
    CommitStatus,
    MergeOutcome,
    PullRequest,
    PullRequestState,
    WantedPullRequest,
)

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)  # a Wednesday
HEAD = "1a2b3c4d" * 5


def pull(
    number: int = 7, branch: str = "promote/stage/prod/app/paw", **more: object
) -> PullRequest:
    known = {
        "number": number,
        "url": f"https://git.example.org/pulls/{number}",
        "title": "",
        "body": "",
        "branch": branch,
        "commit": HEAD,
        "base": "main",
        "state": PullRequestState.open,
        "draft": False,
        "labels": (),
        "author": "bot",
        "created": NOW,
    }
    return PullRequest(**(known | more))  # type: ignore[arg-type]


@dataclass
class Paper:
    """It takes nothing; what a gate reads is written here."""

    given: list[Approval] = field(default_factory=list)
    said: list[Comment] = field(default_factory=list)
    teams: Mapping[str, Collection[str]] = field(default_factory=dict)
    broken: str = ""
    kind: str = "paper"
    longest_body: int = 1000

    def approve(self, user: str, commit: str = HEAD) -> Paper:
        self.given.append(Approval(user, commit, NOW))
        return self

    def comment(self, author: str, body: str, *, edited: bool = False) -> Paper:
        self.said.append(Comment(str(len(self.said)), author, body, edited))
        return self

    def approvals(self, pull: PullRequest) -> list[Approval]:
        if self.broken:
            raise ForgeError(self.broken, hint="ask later")
        return self.given

    def comments(self, pull: PullRequest) -> list[Comment]:
        if self.broken:
            raise ForgeError(self.broken, hint="ask later")
        return self.said

    def user(self) -> str:
        raise NotImplementedError

    def open_pulls(self) -> list[PullRequest]:
        raise NotImplementedError

    def pull(self, number: int) -> PullRequest:
        raise NotImplementedError

    def last_pull(self, branch: str, base: str) -> PullRequest | None:
        raise NotImplementedError

    def pulls_of(self, commit: str) -> list[PullRequest]:
        raise NotImplementedError

    def create(self, branch: str, base: str, wanted: WantedPullRequest) -> PullRequest:
        raise NotImplementedError

    def update(self, pull: PullRequest, wanted: WantedPullRequest) -> PullRequest:
        raise NotImplementedError

    def close(self, pull: PullRequest) -> None:
        raise NotImplementedError

    def say(self, pull: PullRequest, mark: str, text: str) -> None:
        raise NotImplementedError

    def say_once(self, pull: PullRequest, text: str) -> None:
        raise NotImplementedError

    def attach(self, pull: PullRequest, name: str, content: bytes) -> str | None:
        raise NotImplementedError

    def statuses(self, commit: str) -> list[CommitStatus]:
        raise NotImplementedError

    def set_status(self, commit: str, status: CommitStatus) -> None:
        raise NotImplementedError

    def witness(self, commit: str, status: CommitStatus) -> datetime:
        raise NotImplementedError

    def merge(self, pull: PullRequest, title: str, message: str) -> MergeOutcome:
        raise NotImplementedError

    def delete_branch(self, branch: str, commit: str) -> None:
        raise NotImplementedError

    def commit_url(self, commit: str) -> str:
        raise NotImplementedError

    def compare_url(self, old: str, new: str) -> str:
        raise NotImplementedError

    def members(self, team: str) -> frozenset[str]:
        if team not in self.teams:
            raise ForgeError(f"there is no team {team}", hint="make one")
        return frozenset(self.teams[team])

    def code_owners(self, paths: Sequence[str], base: str) -> tuple[str, ...]:
        raise NotImplementedError
