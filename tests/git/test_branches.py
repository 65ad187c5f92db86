"""One commit on a branch of its own; nothing that anybody has on disk changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import RepositoryError
from reconciler.git.branches import OwnBranches
from reconciler.git.commit_builder import EDIT, CommitBuilder
from tests.conftest import Repo

BRANCH = "promote/stage/prod/app/paw"
FILE = "environments/prod/paw/kustomization.yaml"


@pytest.fixture
def here(repo: Repo) -> Repo:
    repo.git("config", "user.name", "t")
    repo.git("config", "user.email", "t@localhost")
    repo.commit({FILE: "a: 1\n", "environments/prod/dog/k": "x\n", "top": "y\n"})
    return repo


def run(repo: Repo, text: str = "a: 2\n", **edits: str) -> str:
    """The commit that the branch is at after it."""
    files = {FILE: text.encode(), **{name: t.encode() for name, t in edits.items()}}
    base = repo.git("rev-parse", "main")
    bench, branches = CommitBuilder(str(repo.path)), OwnBranches(str(repo.path))
    reference = f"refs/heads/{BRANCH}"
    made = bench.make(bench.tree_with(base, files), [base], "Promote")
    assert branches.move(reference, made, branches.tips(reference).get(reference))
    return made


def test_a_branch_holds_one_commit_more_than_its_base(here: Repo) -> None:
    run(here, top="z\n")
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


def test_a_branch_moves_only_from_where_it_was_seen(here: Repo) -> None:
    first = run(here)
    branches, reference = OwnBranches(str(here.path)), f"refs/heads/{BRANCH}"
    main = here.git("rev-parse", "main")
    assert not branches.move(reference, main, None)
    assert not branches.move(reference, main, main)
    assert not branches.move(reference, None, main)
    assert branches.tips("refs/heads/promote/") == {reference: first}
    assert branches.move(reference, None, first)
    assert branches.tips("refs/heads/promote/") == {}


def test_a_commit_that_somebody_changed_is_not_ours_any_more(here: Repo) -> None:
    bench = CommitBuilder(str(here.path))
    base = here.git("rev-parse", "main")
    tree = bench.tree_with(base, {FILE: b"a: 2\n"})
    made = bench.make(tree, [base], f"Promote\n\n{EDIT}: {bench.digest(tree, base)}\n")
    other = bench.make(bench.tree_with(base, {FILE: b"a: 3\n"}), [base], bench.commit(made).message)
    assert bench.is_ours(bench.commit(made))
    assert not bench.is_ours(bench.commit(other))


def test_a_branch_that_is_checked_out_is_left_alone(here: Repo, tmp_path: Path) -> None:
    first = run(here)
    here.git("worktree", "add", "--quiet", str(tmp_path / "other tree"), BRANCH)
    with pytest.raises(RepositoryError, match="other tree"):
        run(here, text="a: 3\n")
    assert here.git("rev-parse", BRANCH) == first


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
