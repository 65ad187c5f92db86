"""One commit on a branch of its own; nothing that anybody has on disk changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import RepositoryError
from reconciler.git.branches import Outcome, Proposal, propose
from tests.conftest import Repo

MARK = "Promotion: stage prod"
BRANCH = "promote/stage/prod/app/paw"
FILE = "environments/prod/paw/kustomization.yaml"


@pytest.fixture
def here(repo: Repo) -> Repo:
    repo.git("config", "user.name", "t")
    repo.git("config", "user.email", "t@localhost")
    repo.commit({FILE: "a: 1\n", "environments/prod/dog/k": "x\n", "top": "y\n"})
    return repo


def run(repo: Repo, text: str = "a: 2\n", subject: str = "Promote", **edits: str) -> Proposal:
    files = {FILE: text.encode(), **{name: t.encode() for name, t in edits.items()}}
    base = repo.git("rev-parse", "main")
    return propose(str(repo.path), BRANCH, base, files, f"{subject}\n\n{MARK}\n", MARK)


def tip(repo: Repo) -> str:
    return repo.git("rev-parse", BRANCH)


def test_a_branch_holds_one_commit_more_than_its_base(here: Repo) -> None:
    made = run(here, top="z\n")
    assert (made.branch, made.outcome, made.commit) == (BRANCH, Outcome.created, tip(here))
    assert here.git("rev-parse", f"{BRANCH}^") == here.git("rev-parse", "main")
    assert here.git("diff", "--name-only", "main", BRANCH).split() == [FILE, "top"]
    assert here.git("show", f"{BRANCH}:{FILE}") == "a: 2"
    assert here.git("fsck", "--strict") == ""


def test_what_is_not_edited_keeps_its_blobs_and_modes(here: Repo) -> None:
    (here.path / FILE).chmod(0o755)
    here.commit()
    run(here)
    assert here.git("ls-tree", BRANCH, FILE).startswith("100755")
    kept = "environments/prod/dog"
    assert here.git("rev-parse", f"{BRANCH}:{kept}") == here.git("rev-parse", f"main:{kept}")


def test_the_same_again_changes_nothing(here: Repo) -> None:
    first = run(here)
    log = here.git("reflog", "show", BRANCH)
    assert run(here) == Proposal(BRANCH, first.commit, Outcome.unchanged)
    assert here.git("reflog", "show", BRANCH) == log


@pytest.mark.parametrize("what", ["the edit", "the message", "the base"])
def test_another_one_takes_its_place(here: Repo, what: str) -> None:
    run(here)
    if what == "the base":
        here.commit({"more": "x\n"})
    made = run(
        here,
        text="a: 3\n" if what == "the edit" else "a: 2\n",
        subject="Another" if what == "the message" else "Promote",
    )
    assert made.outcome is Outcome.updated
    assert here.git("rev-list", "--count", f"main..{BRANCH}") == "1"


def test_a_commit_of_somebody_is_kept_and_named(here: Repo) -> None:
    run(here)
    here.git("switch", "--quiet", BRANCH)
    theirs = here.commit({"more": "x\n"})
    here.git("switch", "--quiet", "main")
    with pytest.raises(RepositoryError, match=theirs[:10]):
        run(here, text="a: 3\n")
    assert tip(here) == theirs


def test_a_mark_must_be_a_line_of_its_own(here: Repo) -> None:
    here.git("branch", BRANCH)
    here.git("switch", "--quiet", BRANCH)
    here.git("commit", "--quiet", "--allow-empty", "--message", f"not {MARK} at all")
    here.git("switch", "--quiet", "main")
    with pytest.raises(RepositoryError, match="somebody else"):
        run(here)


def test_a_branch_that_is_checked_out_is_left_alone(here: Repo, tmp_path: Path) -> None:
    first = run(here)
    here.git("worktree", "add", "--quiet", str(tmp_path / "other tree"), BRANCH)
    assert run(here).outcome is Outcome.unchanged
    with pytest.raises(RepositoryError, match="other tree"):
        run(here, text="a: 3\n")
    assert tip(here) == first.commit


def test_neither_files_nor_index_nor_head_change(here: Repo) -> None:
    here.write({FILE: "broken: [", "new": "x"})
    here.git("add", "new")
    index = (here.path / ".git/index").read_bytes()
    status = here.git("status", "--porcelain=v2", "--branch")
    run(here)
    assert (here.path / ".git/index").read_bytes() == index
    assert here.git("status", "--porcelain=v2", "--branch") == status


def test_who_commits_must_be_known(here: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    here.git("config", "--unset", "user.name")
    here.git("config", "--unset", "user.email")
    here.git("config", "user.useConfigOnly", "true")
    monkeypatch.setenv("HOME", str(here.path))
    with pytest.raises(RepositoryError) as refused:
        run(here)
    assert "user.name" in refused.value.hint
    assert BRANCH not in here.git("branch", "--list", BRANCH)
