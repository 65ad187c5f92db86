"""A forge, as far as a report asks one."""

from __future__ import annotations

from datetime import UTC, datetime

from reconciler.errors import ForgeError
from reconciler.forges.forge import PullRequest, PullRequestState
from reconciler.git.names import BranchName

OURS = "https://git.example.org/fleet/apps"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Links:
    """Every commit came with the same pull request."""

    kind = "example"

    def __init__(self, longest: int = 60_000, broken: bool = False) -> None:
        self.longest_body = longest
        self.broken = broken

    def commit_url(self, commit: str) -> str:
        return f"{OURS}/commit/{commit}"

    def compare_url(self, old: str, new: str) -> str:
        return f"{OURS}/compare/{old}...{new}"

    def pulls_of(self, commit: str) -> list[PullRequest]:
        if self.broken:
            raise ForgeError("it does not answer")
        url, state = f"{OURS}/pulls/7", PullRequestState.merged
        ours, main = BranchName("b"), BranchName("main")
        return [PullRequest(7, url, "a", "", ours, commit, main, state, False, (), "t", NOON)]

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"a report does not ask for {name}")
