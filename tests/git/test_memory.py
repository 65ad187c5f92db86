"""A tree that is held in memory."""

from __future__ import annotations

import pytest

from reconciler.git.memory import MemoryTree
from reconciler.git.tree import FILE, FOLDER, LINK, MISSING, REFUSED, refusal


@pytest.fixture
def tree() -> MemoryTree:
    return MemoryTree(
        {"a/b/file": b"x", "top": b"y", "a/ü \udcff": b"z"},
        {"a/link": "../top"},
        {"a/device": refusal("no")},
    )


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", FOLDER),
        ("a", FOLDER),
        ("a/b", FOLDER),
        ("a/b/file", FILE),
        ("a/ü \udcff", FILE),
        ("top", FILE),
        ("top/below", MISSING),
        ("a/link", LINK),
        ("a/link/below", LINK),
        ("a/device", REFUSED),
        ("a/device/below", REFUSED),
        ("nothing", MISSING),
        ("b", MISSING),
        ("a/b/", MISSING),
    ],
)
def test_each_path_is_what_was_put_there(tree: MemoryTree, path: str, kind: str) -> None:
    assert tree.look(path).kind == kind


def test_files_links_and_what_is_refused_are_listed(tree: MemoryTree) -> None:
    assert sorted(tree.files()) == ["a/b/file", "a/device", "a/link", "a/ü \udcff", "top"]


def test_an_empty_tree_is_a_folder() -> None:
    assert MemoryTree({}).look("").kind == FOLDER
