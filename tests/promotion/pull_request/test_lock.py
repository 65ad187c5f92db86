"""One writer at a time; one that died is succeeded after its time."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from reconciler.errors import LockTaken, RepositoryError
from reconciler.git.branches import Branches, OwnBranches
from reconciler.git.origin_branches import OriginBranches
from reconciler.git.remote import Remote
from reconciler.promotion.pull_request.lock import REFERENCE, Lock, Watch
from tests.conftest import Repo


def lock(repo: Repo, owner: str, hours: float = 0.0, branches: Branches | None = None) -> Lock:
    """Of somebody whose clock is ahead by so many hours."""
    return Lock(
        branches or OwnBranches(str(repo.path)),
        str(repo.path),
        owner,
        patience=0,
        now=lambda: datetime.now(UTC) + timedelta(hours=hours),
    )


def test_only_one_has_it_and_the_others_are_told_who(repo: Repo) -> None:
    repo.commit({"a": "1"})
    with (
        lock(repo, "one"),
        pytest.raises(LockTaken, match="one is writing"),
        lock(repo, "other"),
    ):
        pass
    with lock(repo, "other"):
        pass
    assert repo.git("for-each-ref", REFERENCE) == ""


def test_the_lock_of_one_that_died_is_taken_over_after_its_time(repo: Repo) -> None:
    repo.commit({"a": "1"})
    dead = lock(repo, "dead")
    assert dead._try() is None
    with pytest.raises(LockTaken, match="dead is writing"), lock(repo, "heir"):
        pass
    with lock(repo, "heir", hours=1):
        assert "Owner: heir" in repo.git("log", "-1", "--format=%B", REFERENCE)


def test_what_is_no_lock_keeps_nobody_out(repo: Repo) -> None:
    repo.git("update-ref", REFERENCE, repo.commit({"a": "1"}))
    with lock(repo, "one"):
        pass


def test_one_that_was_succeeded_writes_no_more(repo: Repo) -> None:
    repo.commit({"a": "1"})
    with lock(repo, "slow") as slow:
        slow.check()
        repo.git("update-ref", REFERENCE, repo.git("rev-parse", "HEAD"))
        slow._renew()
        with pytest.raises(Exception, match="was lost"):
            slow.check()


class Hanging(OwnBranches):
    """A remote that takes the first mark, and swallows the renewals until it is `freed`."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.freed = threading.Event()
        self._taken = False

    def move(self, reference: str, new: str | None, old: str | None) -> bool:
        if self._taken:
            self.freed.wait(30)
        self._taken = True
        return super().move(reference, new, old)


def test_one_whose_renewal_hangs_writes_no_more_when_another_takes_over(repo: Repo) -> None:
    repo.commit({"a": "1"})
    root = str(repo.path)
    hanging = Hanging(root)
    with Lock(hanging, root, "slow", seconds=1) as slow:
        with Lock(OwnBranches(root), root, "heir", patience=30) as heir:
            with pytest.raises(RepositoryError, match="was lost") as caught:
                slow.check()
            assert caught.value.why.startswith("it is good for 1 s, and was last renewed")
            heir.check()
            hanging.freed.set()
        with pytest.raises(RepositoryError, match="was lost"):
            slow.check()


class Slow(OwnBranches):
    def move(self, reference: str, new: str | None, old: str | None) -> bool:
        time.sleep(0.3)
        return super().move(reference, new, old)


def test_a_lock_counts_from_when_its_time_was_written(repo: Repo) -> None:
    repo.commit({"a": "1"})
    root = str(repo.path)
    with (
        Lock(Slow(root), root, "slow", seconds=0.2) as slow,
        pytest.raises(RepositoryError, match="was lost"),
    ):
        slow.check()


class Broken(OwnBranches):
    """It takes the first mark alone."""

    def move(self, reference: str, new: str | None, old: str | None) -> bool:
        if old is not None and new is not None:
            raise RepositoryError("git fails with origin")
        return super().move(reference, new, old)


def test_a_lock_that_cannot_be_renewed_says_why(repo: Repo) -> None:
    repo.commit({"a": "1"})
    root = str(repo.path)
    with Lock(Broken(root), root, "one", seconds=0.2) as lost:
        lost._renew()
        time.sleep(0.2)
        with pytest.raises(RepositoryError, match="was lost") as caught:
            lost.check()
        assert caught.value.why.endswith(": git fails with origin")


def test_a_lock_in_another_repository_is_told_and_taken_over_as_well(
    repo: Repo, tmp_path: Path
) -> None:
    repo.commit({"a": "1"})
    shared = str(tmp_path / "shared.git")
    repo.git("init", "--quiet", "--bare", shared)

    def elsewhere() -> Branches:
        return OriginBranches(Remote(str(repo.path), shared, os.environ))

    dead = lock(repo, "dead", branches=elsewhere())
    assert dead._try() is None
    with (
        pytest.raises(LockTaken, match="dead is writing"),
        lock(repo, "heir", branches=elsewhere()),
    ):
        pass
    with lock(repo, "heir", hours=1, branches=elsewhere()):
        assert elsewhere().tips(REFERENCE)
    assert not elsewhere().tips(REFERENCE)


def test_a_mark_is_watched_from_one_round_to_the_next(repo: Repo) -> None:
    """Each of them too short to wait."""
    repo.commit({"a": "1"})
    root = str(repo.path)
    dead = Lock(OwnBranches(root), root, "dead", seconds=1)
    assert dead._try() is None
    watch = Watch()
    with (
        pytest.raises(LockTaken, match="dead is writing"),
        Lock(OwnBranches(root), root, "heir", patience=0, watch=watch),
    ):
        pass
    watch.since -= 1
    with Lock(OwnBranches(root), root, "heir", patience=0, watch=watch):
        assert "Owner: heir" in repo.git("log", "-1", "--format=%B", REFERENCE)
