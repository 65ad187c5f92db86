"""A tree that is held in memory."""

from __future__ import annotations

import pytest

from reconciler.trees.memory import MemoryTree
from reconciler.trees.tree import FILE, FOLDER, LINK, MISSING, REFUSED, refusal


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


def test_of_paths_that_lead_nowhere_only_themselves_are_kept() -> None:
    tree = MemoryTree({"a/b": b"c"})
    assert tree.look("a/x/y/z").kind == MISSING
    assert tree.look("a/b/y/z").kind == MISSING
    assert sorted(tree._seen) == ["", "a", "a/b", "a/b/y/z", "a/x", "a/x/y/z"]


@pytest.mark.parametrize("target", ["a\0b", "a/" * 3000])
def test_a_link_whose_target_is_no_name_of_a_file_is_refused(target: str) -> None:
    entry = MemoryTree({}, {"l": target}).look("l")
    assert entry.kind == REFUSED
    assert "cannot be the name of a file" in entry.why
