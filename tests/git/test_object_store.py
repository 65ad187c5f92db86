"""Every object is read as Git reads it, and a damaged one is an error and nothing worse."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import RepositoryError
from reconciler.git.object_store import (
    COMPRESSED_HEADER_BYTES,
    KINDS,
    object_folders,
    parse,
    parse_header,
)
from reconciler.git.repository import Repository
from reconciler.trees.commit import commit_tree
from tests.conftest import Repo


def loose(kind: bytes, content: bytes, size: int | None = None) -> bytes:
    size = len(content) if size is None else size
    return zlib.compress(b"%s %d\0" % (kind, size) + content)


KIND = st.sampled_from(sorted(KINDS))
CONTENT = st.binary(max_size=300) | st.binary(max_size=20).map(lambda b: b * 50)


@settings(derandomize=True)
@given(kind=KIND, content=CONTENT)
def test_what_git_wrote_is_read_back(kind: bytes, content: bytes) -> None:
    assert parse(loose(kind, content)) == (KINDS[kind], content)
    assert parse_header(loose(kind, content)[:COMPRESSED_HEADER_BYTES]) == (
        KINDS[kind],
        len(content),
    )


@settings(derandomize=True)
@given(kind=KIND, content=CONTENT, cut=st.integers(1, 400))
def test_a_cut_off_object_is_an_error(kind: bytes, content: bytes, cut: int) -> None:
    whole = loose(kind, content)
    with pytest.raises((ValueError, KeyError, zlib.error)):
        parse(whole[: max(0, len(whole) - cut)])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 100,
        b"not packed at all",
        zlib.compress(b""),
        zlib.compress(b"blob 3"),
        loose(b"blob", b"abc", size=2),
        loose(b"blob", b"abc", size=4),
        loose(b"blob", b"abc", size=-3),
        loose(b"blob", b"", size=2 << 30),
        loose(b"blob", bytes(100 << 20), size=10),
        loose(b"strange", b"abc"),
        zlib.compress(b"blob three\0abc"),
    ],
)
def test_what_git_did_not_write_is_an_error(data: bytes) -> None:
    with pytest.raises((ValueError, KeyError, zlib.error)):
        parse(data)


@pytest.fixture
def large(repo: Repo) -> Repo:
    """Enough in one file that packing it makes deltas."""
    for number in range(3):
        lines = (f"line {i} {number if i == 50 else 0}\n" for i in range(2000))
        repo.commit({"file": "".join(lines), f"only-{number}": str(number)})
    return repo


def contents(repo: Repo) -> list[tuple[str, bytes]]:
    git = Repository(str(repo.path))
    return [
        (path, commit_tree(git, revision).fetch(path)[1])
        for revision in ("HEAD", "HEAD~1", "HEAD~2")
        for path in commit_tree(git, revision).files()
    ]


def test_it_makes_no_difference_how_objects_are_stored(large: Repo) -> None:
    expected = contents(large)
    assert len(expected) == 9
    for command in (
        ["repack", "-q"],
        ["repack", "-q", "-a", "-d", "--depth=5"],
        ["multi-pack-index", "write"],
        ["commit-graph", "write", "--reachable"],
        ["gc", "--quiet", "--aggressive"],
    ):
        large.git(*command)
        assert contents(large) == expected
    (pack,) = (large.path / ".git/objects/pack").glob("*.pack")
    moved = pack.rename(large.path / "pack")
    for left in pack.parent.iterdir():
        left.chmod(0o600)
        left.unlink()
    subprocess.run(["git", "unpack-objects", "-q"], input=moved.read_bytes(), cwd=large.path)
    assert contents(large) == expected


def test_a_pack_that_arrives_later_is_found(large: Repo, tmp_path: Path) -> None:
    large.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare"))
    git = Repository(str(tmp_path / "bare"))
    commit_tree(git, "HEAD")
    name = large.commit({"new": "new"})
    large.git("push", "--quiet", str(tmp_path / "bare"), "main")
    subprocess.run(["git", "gc", "--quiet"], cwd=tmp_path / "bare", check=True)
    assert commit_tree(git, name).fetch("new")[1] == b"new"


@pytest.mark.parametrize("damage", ["cut", "overwritten", "empty", "no index"])
def test_a_damaged_pack_is_an_error(large: Repo, damage: str) -> None:
    large.git("gc", "--quiet")
    (pack,) = (large.path / ".git/objects/pack").glob("*.pack")
    data = pack.read_bytes()
    pack.chmod(0o600)
    match damage:
        case "cut":
            pack.write_bytes(data[: len(data) // 2])
        case "overwritten":
            pack.write_bytes(data[:12] + bytes(len(data) - 12))
        case "empty":
            pack.write_bytes(b"")
        case "no index":
            pack.with_suffix(".idx").unlink()
    with pytest.raises(RepositoryError) as caught:
        contents(large)
    assert caught.value.hint


def test_an_object_under_a_name_that_is_not_its_own_is_an_error(repo: Repo) -> None:
    repo.commit({"a": "one", "b": "two"})
    one, two = (repo.git("rev-parse", f"HEAD:{name}") for name in "ab")
    objects = repo.path / ".git/objects"
    (objects / one[:2] / one[2:]).replace(objects / two[:2] / two[2:])
    with pytest.raises(RepositoryError, match=f"b of commit .* is damaged: its object is {two}"):
        commit_tree(Repository(str(repo.path)), "HEAD").fetch("b")


def test_a_damaged_commit_is_said_to_be_only_where_it_is_asked_for(repo: Repo) -> None:
    name, fine = repo.commit({"a": "one"}), repo.commit({"a": "two"})
    file = repo.path / ".git/objects" / name[:2] / name[2:]
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-5])
    git = Repository(str(repo.path))
    with pytest.raises(RepositoryError, match=f"the object {name} is damaged"):
        commit_tree(git, name)
    with pytest.raises(RepositoryError, match="there is no commit 'nothing'"):
        commit_tree(git, "nothing")
    assert commit_tree(git, fine).fetch("a")[1] == b"two"


READ = """
import sys
from reconciler.errors import RepositoryError
from reconciler.git.repository import Repository
from reconciler.trees.commit import commit_tree
tree = commit_tree(Repository(sys.argv[1]), "HEAD")
try:
    tree.fetch("a")
except RepositoryError as e:
    print(e.what)
"""


def test_a_cut_off_object_does_not_hang(repo: Repo) -> None:
    """libgit2's own reader does; so this has a time limit, and a process of its own."""
    repo.commit({"a": os.urandom(100_000)})
    name = repo.git("rev-parse", "HEAD:a")
    file = repo.path / ".git/objects" / name[:2] / name[2:]
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:50_000])
    done = subprocess.run(
        [sys.executable, "-c", READ, repo.path], timeout=60, capture_output=True, text=True
    )
    assert "is damaged" in done.stdout


@pytest.mark.parametrize(
    ("alternates", "expected"),
    [
        ("", []),
        ("/a/objects\n", ["/a/objects"]),
        ("# a comment\n\n../../other/objects\n", ["other/objects"]),
        ("/a b/ü/objects\n/c/objects", ["/a b/ü/objects", "/c/objects"]),
        ("../objects\n", []),
    ],
)
def test_borrowed_objects_are_where_the_alternates_say(
    tmp_path: Path, alternates: str, expected: list[str]
) -> None:
    info = tmp_path / "git/objects/info"
    info.mkdir(parents=True)
    (info / "alternates").write_text(alternates)
    found = list(object_folders(str(tmp_path / "git")))
    assert found == [str(tmp_path / "git/objects"), *(str(tmp_path / e) for e in expected)]


def test_repositories_that_borrow_from_each_other_have_an_end(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / name / "objects/info").mkdir(parents=True)
        (tmp_path / name / "objects/info/alternates").write_text(f"{tmp_path / other}/objects\n")
    assert len(list(object_folders(str(tmp_path / "a")))) == 2


@given(st.binary(min_size=300, max_size=4000), st.integers(0, 9))
def test_the_beginning_of_an_object_says_how_large_it_is(content: bytes, level: int) -> None:
    """However long the codes are that stand before the first compressed byte."""
    data = zlib.compress(b"blob %d\0" % len(content) + content, level)
    assert parse_header(data[:COMPRESSED_HEADER_BYTES]) == (KINDS[b"blob"], len(content))


def test_a_text_with_many_letters_has_long_codes_before_it() -> None:
    content = bytes(i * i // 7 % 251 for i in range(4000))
    data = zlib.compress(b"blob %d\0" % len(content) + content, 9)
    assert zlib.decompressobj().decompress(data[:64]) == b""
    assert parse_header(data[:COMPRESSED_HEADER_BYTES]) == (KINDS[b"blob"], len(content))
