"""When a commit came to the main branch, by those who saw it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from reconciler.errors import ForgeError
from reconciler.forges.forge import CommitStatus, PullRequest, PullRequestState
from reconciler.promotion.pull_request.arrival_witness import Witness
from tests.promotion.gates.fake_facts import HEAD, NOW, Paper, pull

HOUR = timedelta(hours=1)


@dataclass
class Seeing(Paper):
    """It knows these pull requests of each commit, and counts what it is asked."""

    pulls: list[PullRequest] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def pulls_of(self, commit: str) -> list[PullRequest]:
        self.asked.append("pulls")
        return self.pulls

    def witness(self, commit: str, status: CommitStatus) -> datetime:
        self.asked.append("witness")
        return NOW


def merged(ago: timedelta, base: str = "main") -> PullRequest:
    return pull(state=PullRequestState.merged, base=base, merged_at=NOW - ago)


@pytest.mark.parametrize(
    ("pulls", "ago"),
    [
        ([merged(2 * HOUR)], 2 * HOUR),
        ([merged(48 * HOUR), merged(2 * HOUR)], 2 * HOUR),
        ([merged(48 * HOUR, "another"), merged(2 * HOUR)], 2 * HOUR),
        ([merged(48 * HOUR, "another")], 0 * HOUR),
        ([pull()], 0 * HOUR),
        ([], 0 * HOUR),
    ],
)
def test_the_last_merge_into_the_main_branch_counts_or_that_we_saw_it(
    pulls: list[PullRequest], ago: timedelta
) -> None:
    assert Witness(Seeing(pulls=pulls))(HEAD, "main") == NOW - ago


def test_the_forge_is_asked_once_about_each_commit() -> None:
    forge = Seeing()
    witness = Witness(forge)
    assert witness(HEAD, "main") == witness(HEAD, "main") == NOW
    assert forge.asked == ["pulls", "witness"]
    again = Seeing()
    assert Witness(again, known=witness.known)(HEAD, "main") == NOW
    assert again.asked == []


def test_who_may_not_write_any_more_writes_nothing() -> None:
    def lost() -> None:
        raise ForgeError("the lock was lost")

    forge = Seeing()
    with pytest.raises(ForgeError, match="was lost"):
        Witness(forge, lost)(HEAD, "main")
    assert forge.asked == ["pulls"]
