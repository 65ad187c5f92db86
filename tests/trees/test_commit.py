"""A commit as a tree: what a checkout would hold, read from the object store as it is asked for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reconciler.errors import RepositoryError
from reconciler.git.repository import Repository
from reconciler.trees.commit import CommitTree, commit_tree
from reconciler.trees.tree import FILE, FOLDER, LINK, MISSING, REFUSED
from tests.conftest import Repo

NAMES = [
    "a b",
    "ünï",
    "日本",
    "emoji 🎉",
    "-",
    "*",
    "a'b\"c",
    "a\nb",
    "a\\b",
    ".hidden",
    "a\udcffb",
]


def head(repo: Repo, revision: str = "HEAD") -> CommitTree:
    return commit_tree(Repository(str(repo.path)), revision)


def add(repo: Repo, mode: str, path: str, content: bytes | str) -> None:
    """Put something into the index that need not be possible on this disk; text names an object."""
    if isinstance(content, bytes):
        hashed = ["git", "hash-object", "-w", "--stdin", "--no-filters"]
        answer = subprocess.check_output(hashed, input=content, cwd=repo.path)
        content = answer.decode().strip()
    entry = f"{mode} {content}\t{path}\0"
    subprocess.run(
        ["git", "update-index", "-z", "--index-info"],
        input=os.fsencode(entry),
        cwd=repo.path,
        check=True,
    )


def committed(repo: Repo, *entries: tuple[str, str, bytes | str]) -> CommitTree:
    for mode, path, content in entries:
        add(repo, mode, path, content)
    repo.git("commit", "--quiet", "--message", "a change")
    return head(repo)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_may_hold_anything(repo: Repo, name: str) -> None:
    tree = committed(repo, ("100644", f"{name}/{name}", b"x"))
    assert tree.look(name).kind == FOLDER
    assert tree.fetch(f"{name}/{name}")[1] == b"x"
    assert list(tree.files()) == [f"{name}/{name}"]


@pytest.mark.parametrize("mode", ["100644", "100755"])
def test_a_files_permissions_are_no_part_of_it(repo: Repo, mode: str) -> None:
    tree = committed(repo, (mode, "a", b"x"), ("100644", "b", b"x"))
    assert tree.look("a").token == tree.look("b").token


@pytest.mark.parametrize("target", ["b", "../../etc/passwd", "/etc/passwd", "", "a b/ü"])
def test_a_link_says_where_it_points(repo: Repo, target: str) -> None:
    tree = committed(repo, ("120000", "folder/link", target.encode()))
    entry = tree.look("folder/link")
    assert (entry.kind, entry.at, entry.target) == (LINK, "folder/link", target)
    assert tree.look("folder/link/below") is entry


def test_a_link_to_a_name_that_is_not_utf8_is_refused(repo: Repo) -> None:
    entry = committed(repo, ("120000", "link", b"\xff")).look("link")
    assert (entry.kind, entry.hint) == (REFUSED, "rename what it points to")


def test_nothing_is_below_a_file(repo: Repo) -> None:
    tree = committed(repo, ("100644", "a", b"x"))
    assert [tree.look(p).kind for p in ("a", "a/b", "b", "b/c")] == [FILE, *[MISSING] * 3]


def test_a_submodule_is_refused_and_so_is_all_below_it(repo: Repo) -> None:
    repo.commit({"x": "x"})
    tree = committed(repo, ("160000", "sub", repo.git("rev-parse", "HEAD")))
    entry = tree.look("sub")
    assert entry.kind == REFUSED
    assert "a Git submodule" in entry.why
    assert tree.look("sub/kustomization.yaml") is entry
    assert "sub" in list(tree.files())


def test_a_pointer_of_git_lfs_is_refused(repo: Repo) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    tree = committed(repo, ("100644", "a", pointer), ("100644", "b", pointer + b"x" * 2000))
    entry, content = tree.fetch("a")
    assert (entry.kind, content) == (REFUSED, b"")
    assert "LFS" in entry.why
    assert tree.fetch("b")[0].kind == FILE


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_over_the_limit_is_refused_without_being_read(repo: Repo, packed: bool) -> None:
    repo.commit({"fits": "x" * 100, "large": "x" * 101})
    if packed:
        repo.git("gc", "--quiet")
    tree = head(repo)
    tree.max_file_size = 100
    assert tree.fetch("fits")[1] == b"x" * 100
    entry, content = tree.fetch("large")
    assert (entry.kind, content, tree.blobs_read) == (REFUSED, b"", 1)
    assert entry.why == "the file has 101 bytes, more than the 100 that are read"


def test_looking_reads_no_file(repo: Repo) -> None:
    repo.commit({f"folder{i}/file{j}": f"{i}{j}" for i in range(9) for j in range(9)})
    tree = head(repo)
    assert len(list(tree.files())) == 81
    assert all(tree.look(path).kind == FILE for path in tree.files())
    assert tree.blobs_read == 0
    tree.fetch("folder1/file1")
    assert tree.blobs_read == 1


def test_files_are_those_that_git_lists(repo: Repo) -> None:
    repo.write({"a/b": "x", "a-b": "x", "ab/c/d": "x", "a.b": "x"})
    (repo.path / "link").symlink_to("a")
    repo.commit()
    listed = repo.git("ls-tree", "-r", "--name-only", "HEAD").split("\n")
    assert list(head(repo).files()) == listed


def object_file(repo: Repo, path: str) -> Path:
    name = repo.git("rev-parse", f"HEAD:{path}")
    return repo.path / ".git/objects" / name[:2] / name[2:]


@pytest.mark.parametrize("path", ["folder/file", "folder", "", "link"])
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "is not in this clone"),
        (b"", "is damaged"),
        (b"\x78\x9c\x4b", "is damaged"),
        (b"garbage", "is damaged"),
    ],
)
def test_an_object_that_is_missing_or_damaged_is_named(
    repo: Repo, path: str, content: bytes | None, what: str
) -> None:
    repo.write({"folder/file": "x"})
    (repo.path / "link").symlink_to("folder")
    repo.commit()
    file = object_file(repo, path)
    file.chmod(0o600)
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    with pytest.raises(RepositoryError) as caught:
        head(repo).fetch(path)
    commit = repo.git("rev-parse", "--short=12", "HEAD")
    assert str(caught.value).startswith(f"{path or 'the root'} of commit {commit} {what}")
    assert caught.value.hint


def test_a_damaged_object_harms_only_what_is_in_it(repo: Repo) -> None:
    repo.commit({"folder/file": "x", "other/file": "y"})
    object_file(repo, "folder").unlink()
    tree = head(repo)
    assert tree.fetch("other/file")[1] == b"y"
