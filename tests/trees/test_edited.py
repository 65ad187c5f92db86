"""A tree with edits on top: what it would be if they were written."""

from __future__ import annotations

import pytest

from reconciler.trees.edited import EditedTree
from reconciler.trees.memory import MemoryTree
from reconciler.trees.tree import FILE, FOLDER, LINK, MISSING, REFUSED, refusal

BASE = MemoryTree(
    {"a/one": b"1", "a/two": b"2", "b/three": b"3", "file": b"4"},
    {"link": "a"},
    {"sub": refusal("a submodule")},
)


def kinds(tree: EditedTree, *paths: str) -> list[str]:
    return [tree.look(path).kind for path in paths]


def test_without_edits_it_is_the_same() -> None:
    tree = EditedTree(BASE, {})
    assert list(tree.files()) == list(BASE.files())
    for path in ("", "a", "a/one", "link", "link/one", "sub", "nothing"):
        assert tree.look(path).token == BASE.look(path).token


def test_an_edit_replaces_one_file() -> None:
    tree = EditedTree(BASE, {"a/one": b"new"})
    assert tree.fetch("a/one")[1] == b"new"
    assert tree.fetch("a/two")[1] == b"2"
    assert tree.look("a/one").token == MemoryTree({"x": b"new"}).look("x").token


def test_a_new_file_brings_its_folders() -> None:
    tree = EditedTree(BASE, {"new/folder/file": b"x"})
    assert kinds(tree, "new", "new/folder", "new/folder/file") == [FOLDER, FOLDER, FILE]
    assert "new/folder/file" in list(tree.files())


def test_a_removed_file_is_gone_and_its_folder_stays() -> None:
    tree = EditedTree(BASE, {"b/three": None})
    assert kinds(tree, "b", "b/three") == [FOLDER, MISSING]
    assert "b/three" not in list(tree.files())
    assert (tree.names("b"), tree.names("")) == ([], BASE.names(""))


def test_removing_what_is_not_there_changes_nothing() -> None:
    assert list(EditedTree(BASE, {"nothing": None}).files()) == list(BASE.files())


def test_a_file_can_take_the_place_of_a_folder() -> None:
    tree = EditedTree(BASE, {"a": b"now a file"})
    assert kinds(tree, "a", "a/one") == [FILE, MISSING]
    assert sorted(tree.files()) == ["a", "b/three", "file", "link", "sub"]


@pytest.mark.parametrize("edits", [{"file/x": b"x"}, {"file": None, "file/x": b"x"}])
def test_a_folder_can_take_the_place_of_a_file(edits: dict[str, bytes | None]) -> None:
    tree = EditedTree(BASE, edits)
    assert kinds(tree, "file", "file/x") == [FOLDER, FILE]
    assert sorted(tree.files()) == ["a/one", "a/two", "b/three", "file/x", "link", "sub"]
    assert tree.names("") == ["a", "b", "file", "link", "sub"]
    assert tree.names("file") == ["x"]


def test_a_file_can_take_the_place_of_a_link_or_a_submodule() -> None:
    tree = EditedTree(BASE, {"link": b"x", "sub": b"y"})
    assert kinds(tree, "link", "sub") == [FILE, FILE]
    assert kinds(EditedTree(BASE, {}), "link", "sub") == [LINK, REFUSED]


def test_edits_can_be_made_on_top_of_edits() -> None:
    first = EditedTree(BASE, {"a/one": b"first", "new": b"n", "b/three": None})
    second = EditedTree(first, {"a/one": None, "new": b"second", "b/three": b"back"})
    assert kinds(second, "a/one") == [MISSING]
    assert second.fetch("new")[1] == b"second"
    assert second.fetch("b/three")[1] == b"back"


def test_the_base_is_left_as_it_was() -> None:
    EditedTree(BASE, {"a/one": None}).look("a/one")
    assert BASE.fetch("a/one")[1] == b"1"


def test_a_pointer_of_git_lfs_in_an_edit_is_refused() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\n"
    assert EditedTree(BASE, {"a/one": pointer}).fetch("a/one")[0].kind == REFUSED
