"""Files on disk as a tree: as they were when they were first looked at, or an error."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from reconciler.errors import RepositoryError
from reconciler.trees import worktree
from reconciler.trees.tree import FILE, FOLDER, LINK, MISSING, REFUSED
from reconciler.trees.worktree import WorkTree, blob_id
from tests.conftest import Repo

NAMES = ["a b", "ünï", "日本", "🎉", "-", "*", "a'b\"c", "a\nb", "a\\b", ".hidden"]
if sys.platform != "darwin":  # where the disk takes no such name
    NAMES.append("a\udcffb")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_may_hold_anything(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / name).write_bytes(b"x")
    tree = WorkTree(str(tmp_path))
    assert tree.look(name).kind == FOLDER
    assert tree.fetch(f"{name}/{name}")[1] == b"x"
    assert list(tree.files()) == [f"{name}/{name}"]


@pytest.mark.parametrize("name", NAMES)
def test_a_repository_may_hold_such_names_too(repo: Repo, name: str) -> None:
    (repo.path / name).mkdir()
    (repo.path / name / name).write_bytes(b"x")
    assert list(WorkTree(str(repo.path)).files()) == [f"{name}/{name}"]


def test_a_file_is_called_what_git_calls_its_content(repo: Repo) -> None:
    repo.commit({"a": "content\n"})
    assert WorkTree(str(repo.path)).look("a").token == repo.git("rev-parse", "HEAD:a")


@pytest.mark.parametrize("target", ["b", "../../etc/passwd", "/etc/passwd", "nothing", ".", "link"])
def test_a_link_is_not_followed_but_said_to_be_one(tmp_path: Path, target: str) -> None:
    (tmp_path / "link").symlink_to(target)
    tree = WorkTree(str(tmp_path))
    entry = tree.look("link")
    assert (entry.kind, entry.at, entry.target) == (LINK, "link", target)
    assert tree.look("link/below") is entry
    assert list(tree.files()) == [] if target == "." else ["link"]


def test_a_link_to_a_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    os.symlink(b"\xff", tmp_path / "link")
    assert WorkTree(str(tmp_path)).look("link").kind == REFUSED


@pytest.mark.parametrize(
    "path",
    [
        "nothing",
        "nothing/below",
        "file/below",
        "x" * 300,
        "a\0b",
        "\ud800",
        "x/" * 2000,
        "x/" * 50_000,
    ],
)
def test_there_is_nothing_where_nothing_can_be(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("x")
    assert WorkTree(str(tmp_path)).look(path).kind == MISSING


def test_a_pipe_or_a_socket_is_refused_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        tree = WorkTree(".")
        for name in ("pipe", "socket"):
            entry, _ = tree.fetch(name)
            assert (entry.kind, entry.why) == (REFUSED, "it is neither a file nor a folder")


needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="looks into /proc")


@needs_proc
def test_a_file_that_cannot_be_read_is_refused_with_the_systems_reason() -> None:
    entry, _ = WorkTree("/proc/self").fetch("mem")
    assert (entry.kind, entry.why) == (REFUSED, "it cannot be read: Input/output error")


def test_a_folder_in_place_of_a_file_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").mkdir()
    assert WorkTree(str(tmp_path)).fetch("kustomization.yaml")[0].kind == FOLDER


def test_a_file_over_the_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fits").write_bytes(b"x" * 100)
    (tmp_path / "large").write_bytes(b"x" * 101)
    tree = WorkTree(str(tmp_path))
    tree.max_file_size = 100
    assert tree.fetch("fits")[1] == b"x" * 100
    entry, content = tree.fetch("large")
    assert (entry.kind, content) == (REFUSED, b"")
    assert entry.why == "the file has 101 bytes, more than the 100 that are read"
    assert "--max-file-size" in entry.hint


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with open(tmp_path / "huge", "wb") as file:
        file.truncate(1 << 40)
    assert WorkTree(str(tmp_path)).fetch("huge")[0].kind == REFUSED


@needs_proc
def test_a_file_that_does_not_know_its_size_is_held_to_the_limit() -> None:
    tree = WorkTree("/proc/self")
    tree.max_file_size = 10
    assert tree.fetch("status")[0].why == "the file has 11 bytes, more than the 10 that are read"


def test_a_pointer_of_git_lfs_is_refused_on_disk_too(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    entry, content = WorkTree(str(tmp_path)).fetch("a")
    assert (entry.kind, content) == (REFUSED, b"")
    assert "git lfs pull" in entry.hint


def test_an_edit_after_the_first_look_is_not_mixed_in(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    tree = WorkTree(str(tmp_path))
    tree.look("a")
    tree.look("new")
    (tmp_path / "a").write_text("two")
    (tmp_path / "new").write_text("new")
    assert tree.fetch("a")[1] == b"one"
    assert tree.fetch("new")[0].kind == MISSING


@pytest.mark.parametrize("change", ["written", "removed", "a folder"])
def test_an_edit_that_cannot_be_kept_out_is_an_error(
    tmp_path: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read to name it is held, but not for ever and not without end."""
    monkeypatch.setattr(worktree, "MAX_HELD_BYTES", 2)
    file = tmp_path / "a"
    file.write_text("one")
    tree = WorkTree(str(tmp_path))
    assert tree.look("a").token == blob_id(b"one")
    match change:
        case "written":
            file.write_text("two")
        case "removed":
            file.unlink()
        case "a folder":
            file.unlink()
            file.mkdir()
    entry, content = tree.fetch("a")
    assert (entry.kind, content) == (REFUSED, b"")
    assert (entry.why, entry.hint) == (
        "it changed while it was being rendered",
        "run the command again",
    )


def test_a_file_can_be_fetched_again_if_it_is_still_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    tree = WorkTree(str(tmp_path))
    assert [tree.fetch("a")[1] for _ in range(3)] == [b"one"] * 3


def test_a_submodule_is_refused_and_a_repository_in_a_folder_is_not(repo: Repo) -> None:
    inner = Repo(repo.path / "inner")
    inner.commit({"file": "x"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "./inner", "sub")
    tree = WorkTree(str(repo.path))
    assert "a Git submodule" in tree.look("sub").why
    assert tree.look("sub/file") is tree.look("sub")
    assert tree.fetch("inner/file")[1] == b"x"


def test_the_files_of_a_repository_leave_out_what_is_not_part_of_it(repo: Repo) -> None:
    repo.write({
        ".gitignore": "out/\n*.tmp/\n",
        "a": "", "b/c": "", "out/x": "", "b/y.tmp/z": "", "b/out/x": "", "untracked": "",
    })  # fmt: skip
    Repo(repo.path / "inner").write({"x": ""})
    (repo.path / "folder").symlink_to("b")
    found = sorted(WorkTree(str(repo.path)).files())
    assert found == [".gitignore", "a", "b/c", "untracked"]


def test_outside_of_a_repository_all_files_count(tmp_path: Path) -> None:
    for name in (".gitignore", "out"):
        (tmp_path / name).write_text("out\n")
    assert sorted(WorkTree(str(tmp_path)).files()) == [".gitignore", "out"]


@pytest.mark.parametrize("name", ["nothing", "file", "file/below"])
def test_a_root_that_is_no_folder_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(RepositoryError, match="there is no folder"):
        WorkTree(str(tmp_path / name))


def test_the_root_may_be_reached_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/a").write_text("x")
    (tmp_path / "link").symlink_to("real")
    tree = WorkTree(str(tmp_path / "link"))
    assert tree.look("").kind == FOLDER
    assert tree.look("a").kind == FILE
