"""What a folder of a tree holds: the same from every kind of tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.git.repository import Repository
from reconciler.trees.commit import commit_tree
from reconciler.trees.edited import EditedTree
from reconciler.trees.memory import MemoryTree
from reconciler.trees.tree import Tree
from reconciler.trees.worktree import WorkTree
from tests.conftest import Repo

FILES = {"a/b/c.yaml": "1", "a/b/d/e.yaml": "2", "a/f.yaml": "3", "ä.yaml": "4"}
EXPECTED = {
    "": ["a", "ä.yaml"],
    "a": ["b", "f.yaml"],
    "a/b": ["c.yaml", "d"],
    "a/f.yaml": [],
    "a/nothing": [],
    "nothing": [],
}


@pytest.fixture(params=["disk", "commit", "memory", "edited"])
def tree(request: pytest.FixtureRequest, repo: Repo) -> Tree:
    contents = {path: text.encode() for path, text in FILES.items()}
    match request.param:
        case "disk":
            repo.write(FILES)
            return WorkTree(str(repo.path))
        case "commit":
            return commit_tree(Repository(str(repo.path)), repo.commit(FILES))
        case "memory":
            return MemoryTree(contents)
    half = dict(list(contents.items())[:2])
    return EditedTree(
        MemoryTree(half | {"a/b/gone.yaml": b""}), contents | {"a/b/gone.yaml": None, "x/y": None}
    )


@pytest.mark.parametrize("folder", EXPECTED)
def test_a_folder_has_the_same_names_in_every_tree(tree: Tree, folder: str) -> None:
    assert tree.names(folder) == EXPECTED[folder]


def test_listing_a_commit_reads_no_blob(repo: Repo) -> None:
    tree = commit_tree(Repository(str(repo.path)), repo.commit(FILES))
    tree.names("a/b")
    assert tree.blobs_read == 0


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/file").touch()
    (tmp_path / "link").symlink_to("a")
    assert WorkTree(str(tmp_path)).names("link") == []
