"""Locks among threads and processes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from reconciler.errors import RepositoryError
from reconciler.git import file_lock
from reconciler.git.file_lock import only_writer
from tests.conftest import Repo


def test_the_one_who_has_it_may_ask_for_it_again(repo: Repo) -> None:
    (repo.path / "folder").mkdir()
    with only_writer(str(repo.path)), only_writer(str(repo.path / "folder")):
        pass


@pytest.mark.parametrize("git", [True, False], ids=["a repository", "no repository"])
def test_another_thread_waits_until_it_is_free(git: bool, repo: Repo, tmp_path: Path) -> None:
    folder = str(repo.path if git else tmp_path)
    order = []

    def second() -> None:
        with only_writer(folder):
            order.append("second")

    other = threading.Thread(target=second)
    with only_writer(folder):
        other.start()
        other.join(0.1)
        order.append("first")
    other.join()
    assert order == ["first", "second"]


def test_a_folder_with_environments_is_one_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "environments/prod").mkdir(parents=True)
    (tmp_path / "environments/prod/environment.yaml").touch()
    monkeypatch.setattr(file_lock, "LOCK_WAIT_SECONDS", 0.05)
    failed = []

    def second() -> None:
        try:
            with only_writer(str(tmp_path / "environments/prod")):
                pass
        except RepositoryError as e:
            failed.append(e.what)

    other = threading.Thread(target=second)
    with only_writer(str(tmp_path)):
        other.start()
        other.join()
    assert failed == ["another reconciler process is writing files here"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["environments"], "nothing is left behind"


def test_a_link_leads_to_the_same_lock(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(repo.path)
    monkeypatch.setattr(file_lock, "LOCK_WAIT_SECONDS", 0.05)
    with only_writer(str(repo.path)), only_writer(str(tmp_path / "link")):
        pass
