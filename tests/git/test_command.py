"""Git as it is started from here, whatever it was that started us."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.git.command import run_git
from reconciler.git.git_variables import of_any_repository, of_this_hook
from tests.conftest import Repo


def test_git_works_in_the_folder_that_is_named_and_not_in_that_of_a_hook(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = repo.commit({"a": "1"})
    other = Repo(tmp_path / "other")
    theirs = other.commit({"b": "2"})
    monkeypatch.setenv("GIT_DIR", str(repo.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(repo.path / ".git/index"))
    run_git(str(other.path), "checkout", "--quiet", "--detach")
    assert run_git(str(other.path), "rev-parse", "HEAD").decode().strip() == theirs
    assert run_git(str(other.path), "rev-parse", "HEAD", in_hook=True).decode().strip() == mine
    assert (repo.path / ".git/HEAD").read_text() == "ref: refs/heads/main\n"


def test_what_changes_the_meaning_of_paths_is_never_handed_on() -> None:
    kinds = ("LITERAL", "GLOB", "NOGLOB", "ICASE")
    said = {f"GIT_{kind}_PATHSPECS": "1" for kind in kinds} | {"GIT_DIR": "x", "PATH": "y"}
    assert of_this_hook(said) == {"GIT_DIR": "x", "PATH": "y"}
    assert of_any_repository(said) == {"PATH": "y"}
