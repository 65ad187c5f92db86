"""What is staged is read as what is committed is: a damaged object is an error, and soon."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reconciler.errors import RepositoryError
from reconciler.git.snapshots import Snapshots
from reconciler.trees.staged import StagedTree
from tests.conftest import Repo

CONTENT = os.urandom(2000)


@pytest.fixture
def loose(repo: Repo) -> Path:
    """The object of the file that is staged."""
    repo.write({"file": CONTENT})
    repo.git("add", "--all")
    name = repo.git("rev-parse", ":file")
    path = repo.path / ".git/objects" / name[:2] / name[2:]
    path.chmod(0o644)
    return path


@pytest.mark.usefixtures("loose")
def test_what_is_staged_is_read_and_not_what_is_on_disk(repo: Repo) -> None:
    repo.write({"file": "something else"})
    assert StagedTree(Snapshots(str(repo.path))).fetch("file")[1] == CONTENT


def test_an_object_that_is_gone_is_an_error(repo: Repo, loose: Path) -> None:
    loose.unlink()
    with pytest.raises(RepositoryError, match="file of the index is not in this clone"):
        StagedTree(Snapshots(str(repo.path))).fetch("file")


def test_an_object_that_is_cut_off_is_an_error(repo: Repo, loose: Path) -> None:
    loose.write_bytes(loose.read_bytes()[:700])
    with pytest.raises(RepositoryError, match="file of the index is damaged: its object is"):
        StagedTree(Snapshots(str(repo.path))).fetch("file")
