"""A repository is its own forge where there is no other."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.errors import ForgeError, RepositoryError
from reconciler.forges.forge import (
    CommitStatus,
    MergeOutcome,
    PullRequest,
    PullRequestState,
    StatusVerdict,
    WantedPullRequest,
)
from reconciler.forges.local import LocalForge
from reconciler.git.names import BranchName
from tests.conftest import Repo

MAIN = BranchName("main")
OURS = BranchName("promote/prod")

WANTED = WantedPullRequest("promote", "the body — ünïcödé", ("promotion",), ("alice",))


@pytest.fixture
def clone(repo: Repo) -> Repo:
    """main, which is checked out, and a branch with a commit more."""
    repo.commit({"a": "1\n", "b": "1\n"})
    repo.git("checkout", "--quiet", "-b", "promote/prod")
    repo.commit({"a": "2\n"})
    repo.git("checkout", "--quiet", "main")
    return named(repo)


@pytest.fixture(params=["work tree", "bare"])
def shared(request: pytest.FixtureRequest, clone: Repo, tmp_path: Path) -> Repo:
    if request.param == "work tree":
        return clone
    path = tmp_path / "shared.git"
    clone.git("clone", "--quiet", "--bare", str(clone.path), str(path))
    bare = Repo.__new__(Repo)
    bare.path = path
    return named(bare)


def named(repo: Repo) -> Repo:
    repo.git("config", "user.name", "bot")
    repo.git("config", "user.email", "bot@localhost")
    return repo


@pytest.fixture
def forge(shared: Repo) -> LocalForge:
    return LocalForge(str(shared.path))


def opened(forge: LocalForge, wanted: WantedPullRequest = WANTED) -> PullRequest:
    return forge.create(OURS, MAIN, wanted)


def test_a_pull_request_is_a_file_in_git(shared: Repo, forge: LocalForge) -> None:
    made = opened(forge)
    assert (made.number, made.author, made.state) == (1, "bot", PullRequestState.open)
    assert made.commit == shared.git("rev-parse", "promote/prod")
    said = json.loads(shared.git("show", made.url))
    assert (said["pull"]["title"], said["reviewers"]) == ("promote", ["alice"])
    assert forge.open_pulls() == [forge.pull(1)] == [forge.last_pull(OURS, MAIN)]
    assert forge.pull(1) == made


def test_what_is_there_already_is_adopted(forge: LocalForge) -> None:
    first = opened(forge)
    second = opened(forge, WantedPullRequest("another", "text", ("urgent",), draft=True))
    assert (second.number, second.title, second.draft) == (first.number, "another", True)
    assert second.labels == ("promotion", "urgent")
    forge.close(second)
    assert opened(forge).number == 2
    assert [pull.number for pull in forge.open_pulls()] == [2]


def test_of_many_who_begin_together_one_makes_it(shared: Repo) -> None:
    made: list[int] = []

    def begin() -> None:
        made.append(opened(LocalForge(str(shared.path))).number)

    bots = [threading.Thread(target=begin) for _ in range(4)]
    for bot in bots:
        bot.start()
    for bot in bots:
        bot.join()
    assert made == [1, 1, 1, 1]


def test_a_consent_is_for_the_commit_that_was_seen(shared: Repo, forge: LocalForge) -> None:
    pull = opened(forge)
    LocalForge(str(shared.path), "alice").approve(pull)
    LocalForge(str(shared.path), "alice").approve(pull)
    assert [(a.user, a.commit) for a in forge.approvals(pull)] == [("alice", pull.commit)]


def test_comments_statuses_and_files_are_kept(shared: Repo, forge: LocalForge) -> None:
    pull = opened(forge)
    for text in ("waits", "passes"):
        forge.say(pull, "gates", text)
    assert [comment.body for comment in forge.comments(pull)] == ["passes"]
    for text in ("so", "so", "or so"):
        forge.say_once(pull, text)
    assert [comment.body for comment in forge.comments(pull)] == ["passes", "so", "or so"]
    where = forge.attach(pull, "difference.md", b"all of it\n")
    assert where
    assert where == forge.attach(pull, "difference.md", b"all of it\n")
    assert shared.git("show", where) == "all of it"
    for verdict in (StatusVerdict.pending, StatusVerdict.success):
        forge.set_status(pull.commit, CommitStatus("promotion/soak", verdict, "so"))
    assert forge.statuses(pull.commit) == [
        CommitStatus("promotion/soak", StatusVerdict.success, "so")
    ]
    assert forge.statuses(shared.git("rev-parse", "main")) == []


def test_what_was_seen_once_was_seen_then(shared: Repo, forge: LocalForge) -> None:
    seen = CommitStatus("promotion/seen", StatusVerdict.success)
    tip = shared.git("rev-parse", "main")
    before = datetime.now(UTC)
    first = forge.witness(tip, seen)
    assert before <= first <= datetime.now(UTC)
    assert LocalForge(str(shared.path), "another").witness(tip, seen) == first


def test_a_merge_is_one_commit_with_two_parents(shared: Repo, forge: LocalForge) -> None:
    pull = opened(forge)
    before = shared.git("rev-parse", "main")
    assert forge.merge(pull, "Promote paw", "Release: 1") is MergeOutcome.merged
    assert forge.merge(pull, "Promote paw", "Release: 1") is MergeOutcome.merged
    merged = forge.pull(pull.number)
    tip = shared.git("rev-parse", "main")
    assert (merged.state, merged.merged_as, merged.commit) == (
        PullRequestState.merged,
        tip,
        pull.commit,
    )
    assert shared.git("rev-parse", "main^1", "main^2").split() == [before, pull.commit]
    said = shared.git("log", "-1", "--format=%B", "main").splitlines()
    assert said == ["Promote paw", "", "Release: 1", "Request: 1", "Proposed-by: bot"]
    assert [p.number for p in forge.pulls_of(tip)] == [pull.number]
    assert forge.merge(pull, "t", "") is MergeOutcome.merged
    with pytest.raises(ForgeError, match="it is merged"):
        forge.close(pull)


def test_files_of_a_checked_out_base_follow_and_work_in_them_stays(clone: Repo) -> None:
    (clone.path / "b").write_text("mine\n")
    forge = LocalForge(str(clone.path))
    assert forge.merge(opened(forge), "t", "") is MergeOutcome.merged
    assert (clone.path / "a").read_text() == "2\n"
    assert clone.git("status", "--porcelain") == "M b"


def test_work_that_a_merge_would_overwrite_is_not(clone: Repo) -> None:
    (clone.path / "a").write_text("mine\n")
    forge = LocalForge(str(clone.path))
    pull = opened(forge)
    with pytest.raises(RepositoryError, match="merge failed"):
        forge.merge(pull, "t", "")
    assert (clone.path / "a").read_text() == "mine\n"
    assert forge.pull(pull.number).state is PullRequestState.open


def test_a_merge_that_was_killed_before_it_was_recorded_is_completed(
    shared: Repo, forge: LocalForge
) -> None:
    pull = opened(forge)
    record = shared.git("rev-parse", "refs/reconciler/requests/1")
    forge.merge(pull, "t", "m")
    tip = shared.git("rev-parse", "main")
    shared.git("update-ref", "refs/reconciler/requests/1", record)
    assert forge.merge(pull, "t", "m") is MergeOutcome.merged
    assert (shared.git("rev-parse", "main"), forge.pull(1).merged_as) == (tip, tip)


def test_what_cannot_be_merged_is_not(shared: Repo, forge: LocalForge) -> None:
    draft = opened(forge, WantedPullRequest("t", "b", draft=True))
    assert forge.merge(draft, "t", "") is MergeOutcome.waiting
    pull = opened(forge)
    tree = shared.git("rev-parse", "promote/prod^{tree}")
    later = shared.git("commit-tree", tree, "-p", "promote/prod", "-m", "later")
    shared.git("update-ref", "refs/heads/promote/prod", later)
    assert forge.merge(pull, "t", "") is MergeOutcome.moved
    main = shared.git("rev-parse", "main")
    forge.close(pull)
    with pytest.raises(ForgeError, match="is closed"):
        forge.merge(pull, "t", "")
    assert shared.git("rev-parse", "main") == main


def test_a_conflict_is_told(clone: Repo) -> None:
    tip = clone.commit({"a": "3\n"})
    forge = LocalForge(str(clone.path))
    assert forge.merge(opened(forge), "t", "") is MergeOutcome.conflict
    assert clone.git("rev-parse", "main") == tip


def test_a_branch_that_moved_is_not_deleted(shared: Repo, forge: LocalForge) -> None:
    pull = opened(forge)
    forge.delete_branch(OURS, shared.git("rev-parse", "main"))
    assert shared.git("rev-parse", "promote/prod") == pull.commit
    forge.delete_branch(OURS, pull.commit)
    forge.delete_branch(OURS, pull.commit)
    assert shared.git("branch", "--list", "promote/*") == ""
    assert forge.pull(pull.number).commit == pull.commit


def test_there_are_no_teams(forge: LocalForge) -> None:
    with pytest.raises(ForgeError, match="who is in the team fleet/writers"):
        forge.members("fleet/writers")


def test_code_owners_are_those_of_the_base(repo: Repo) -> None:
    repo.commit({".github/CODEOWNERS": "* @all\n/environments/prod/ @alice @fleet/writers\n"})
    forge = LocalForge(str(repo.path))
    assert forge.code_owners(["environments/prod/x", "y"], MAIN) == (
        "alice",
        "fleet/writers",
        "all",
    )


def test_what_is_not_there_is_told(forge: LocalForge) -> None:
    with pytest.raises(ForgeError, match="no pull request 7") as raised:
        forge.pull(7)
    assert raised.value.hint == "reconciler promote list shows those that there are"
    with pytest.raises(ForgeError, match="no branch nothing"):
        forge.create(BranchName("nothing"), MAIN, WANTED)
