"""Where a repository begins, seen from a path in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.git.locate import find_root, git_folder, is_bare
from tests.conftest import Repo


@pytest.mark.parametrize("start", [".", "a", "a/b", "a/b/../..", "nothing/yet", "a/file"])
def test_a_repository_is_found_from_anywhere_in_it(
    repo: Repo, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write({"a/b/c": "x", "a/file": "x"})
    assert find_root(str(repo.path / start)) == str(repo.path)
    monkeypatch.chdir(repo.path)
    assert find_root(start) == str(repo.path)


def test_the_innermost_repository_counts(repo: Repo) -> None:
    inner = Repo(repo.path / "folder/inner")
    inner.write({"a/b": "x"})
    assert find_root(str(inner.path / "a")) == str(inner.path)
    assert find_root(str(inner.path.parent)) == str(repo.path)


def test_a_linked_work_tree_and_a_submodule_begin_where_they_are(
    repo: Repo, tmp_path: Path
) -> None:
    repo.commit({"a/b": "x"})
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    assert find_root(str(tmp_path / "linked/a")) == str(tmp_path / "linked")
    other = Repo(tmp_path / "other")
    other.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(repo.path), "sub"
    )
    assert find_root(str(tmp_path / "other/sub/a")) == str(tmp_path / "other/sub")


def test_a_bare_repository_is_one_too(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"a": "x"})
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    assert is_bare(str(tmp_path / "bare.git"))
    assert not is_bare(str(repo.path))
    assert find_root(str(tmp_path / "bare.git/apps/app0")) == str(tmp_path / "bare.git")


def test_outside_of_any_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "HEAD").write_text("not a repository")
    assert find_root(str(tmp_path)) is None


@pytest.mark.parametrize("inside", [".", "apps", "apps/deeper"])
def test_what_looks_like_one_in_a_work_tree_is_a_part_of_that(repo: Repo, inside: str) -> None:
    folder = repo.path / inside
    for name in ("HEAD", "objects/x", "refs/x", "config", "app/file"):
        repo.write({f"{inside}/{name}": "x"})
    assert find_root(str(folder / "app")) == str(repo.path)
    assert git_folder(str(repo.path)) == str(repo.path / ".git")
    assert not is_bare(str(repo.path))
