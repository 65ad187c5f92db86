"""A repository says where it is and what its commits are about."""

from __future__ import annotations

from reconciler.git.repository import Repository
from tests.conftest import Repo


def test_the_branch_is_known_before_its_first_commit(repo: Repo) -> None:
    assert Repository(str(repo.path)).branch() == "main"


def test_without_a_branch_there_is_none(repo: Repo) -> None:
    repo.git("checkout", "--quiet", repo.commit({"a": "1"}))
    assert Repository(str(repo.path)).branch() is None


def test_a_commit_is_described_by_the_first_line_of_its_message(repo: Repo) -> None:
    repo.commit({"a": "1"})
    repo.git(
        "commit", "--quiet", "--amend", "--message", "Add ä\n\nAnd more.", "--date", "@0 +0000"
    )
    about = Repository(str(repo.path)).about("main")
    assert about
    assert (about.id, about.subject) == (repo.git("rev-parse", "HEAD"), "Add ä")
    assert about.time == int(repo.git("log", "-1", "--format=%ct"))


def test_a_message_in_another_encoding_is_no_failure(repo: Repo) -> None:
    repo.commit({"a": "1"})
    (repo.path / "message").write_bytes(b"caf\xe9")
    repo.git("-c", "i18n.commitEncoding=", "commit", "--quiet", "--amend", "--file", "message")
    about = Repository(str(repo.path)).about("HEAD")
    assert about
    assert about.subject.startswith("caf")


def test_a_commit_that_is_not_at_hand_is_none(repo: Repo) -> None:
    repo.commit({"a": "1"})
    git = Repository(str(repo.path))
    assert git.about("0" * 40) is None
    assert git.about("no such branch") is None
    assert git.about("a..b") is None
