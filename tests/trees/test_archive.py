"""An archive that somebody streams to us: a tree, or an error, whatever is in it."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import random
import subprocess
import tarfile
from collections.abc import Callable
from typing import Literal

import pytest

from reconciler.errors import RepositoryError
from reconciler.git.repository import Repository
from reconciler.trees import archive
from reconciler.trees.archive import read_tar
from reconciler.trees.commit import commit_tree
from reconciler.trees.memory import MemoryTree
from reconciler.trees.tree import FILE, FOLDER, LINK, MISSING, REFUSED
from tests.conftest import Repo

HUNT = int(os.environ.get("RECONCILER_FUZZ", "0"))
END = bytes(2 * tarfile.BLOCKSIZE)


def member(
    name: str,
    content: bytes = b"",
    *,
    kind: bytes = tarfile.REGTYPE,
    link: str = "",
    form: Literal[0, 1, 2] = tarfile.GNU_FORMAT,
) -> bytes:
    """One entry of an archive, as it stands in it."""
    info = tarfile.TarInfo(name)
    info.type, info.size, info.linkname = kind, len(content), link
    padding = bytes(-len(content) % tarfile.BLOCKSIZE)
    return info.tobuf(form) + content + padding


def sized(name: str, size: int, *, kind: bytes = tarfile.REGTYPE, pax: bool = False) -> bytes:
    """An entry that claims to be so large, and is empty."""
    if pax:
        record = f"size={size}\n"
        record = f"{len(record) + 3} {record}"
        return member("pax", record.encode(), kind=tarfile.XHDTYPE) + member(name, kind=kind)
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    if size >= 0:
        return info.tobuf(tarfile.GNU_FORMAT)
    info.size = 0
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = tarfile.itn(size, 12, tarfile.GNU_FORMAT)  # type: ignore[attr-defined]
    return with_checksum(header)


def with_checksum(header: bytearray) -> bytes:
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def read(data: bytes) -> MemoryTree:
    return read_tar(io.BytesIO(data))


def why(data: bytes) -> str:
    with pytest.raises(RepositoryError) as caught:
        read(data)
    return " ".join(caught.value.lines())


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_an_archive_holds_what_went_into_it(packed: Callable[[bytes], bytes]) -> None:
    tree = read(
        packed(
            member("./a/b", b"one")
            + member("a/c d/ü", b"")
            + member("long/" + "n" * 90, b"two")
            + member("folder", kind=tarfile.DIRTYPE)
            + member("link", kind=tarfile.SYMTYPE, link="a/b")
            + END
        )
    )
    assert tree.fetch("a/b")[1] == b"one"
    assert tree.fetch("a/c d/ü")[0].kind == FILE
    assert tree.fetch("long/" + "n" * 90)[1] == b"two"
    assert (tree.look("link").kind, tree.look("link").target) == (LINK, "a/b")


@pytest.mark.parametrize("packing", ["tar", "tar.gz"])
def test_what_git_archives_is_what_it_has_committed(repo: Repo, packing: str) -> None:
    repo.write({"a/b": "one", "ü" * 100: "two", "x" * 200 + "/y": "three"})
    (repo.path / "link").symlink_to("a/b")
    repo.commit()
    command = ["git", "archive", f"--format={packing}", "HEAD"]
    tree = read(subprocess.check_output(command, cwd=repo.path))
    commit = commit_tree(Repository(str(repo.path)), "HEAD")
    assert sorted(tree.files()) == sorted(commit.files())
    for path in commit.files():
        assert tree.look(path).token == commit.look(path).token


def test_names_that_are_not_utf8_are_kept() -> None:
    assert list(read(member("a\udcff", b"x") + END).files()) == ["a\udcff"]


def test_an_empty_archive_is_an_empty_tree() -> None:
    assert list(read(END).files()) == []


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x", "a/../../x", "..", "a/../..", "//etc/passwd", "./../x"]
)
@pytest.mark.parametrize("kind", [tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE])
def test_a_name_outside_is_an_error(name: str, kind: bytes) -> None:
    told = why(member("fine") + member(name, kind=kind, link="x") + END)
    assert told == f"the archive names {name}, outside of itself"


@pytest.mark.parametrize("link", ["/etc/passwd", "../../etc/passwd", "a\udcff"])
def test_a_link_that_leads_out_is_left_to_who_follows_it(link: str) -> None:
    entry = read(member("l", kind=tarfile.SYMTYPE, link=link) + END).look("l/below")
    assert entry.kind in (LINK, REFUSED)


@pytest.mark.parametrize(
    "kind",
    [tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"Z"],
)
def test_other_things_than_files_are_refused_and_the_rest_is_read(kind: bytes) -> None:
    tree = read(member("odd", kind=kind, link="/etc/passwd") + member("fine", b"x") + END)
    assert tree.look("odd").why == "it is neither a file, a folder nor a symbolic link"
    assert tree.fetch("fine")[1] == b"x"


FIRST = {"file": member("a", b"one"), "link": member("a", kind=tarfile.SYMTYPE, link="b")}
THEN = {
    "file": (member("a", b"two"), FILE),
    "link": (member("a", kind=tarfile.SYMTYPE, link="c"), LINK),
    "device": (member("a", kind=tarfile.CHRTYPE), REFUSED),
}


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("then", THEN)
def test_of_two_equal_names_the_last_counts(first: str, then: str) -> None:
    data, kind = THEN[then]
    entry, content = read(FIRST[first] + data + END).fetch("a")
    assert entry.kind == kind
    assert content == (b"two" if kind == FILE else b"")


def test_a_file_with_something_below_it_is_a_file() -> None:
    tree = read(member("a", b"x") + member("a/b", b"y") + END)
    assert [tree.look(path).kind for path in ("a", "a/b")] == [FILE, MISSING]


def test_a_file_over_the_limit_is_refused_and_the_rest_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("reconciler.trees.tree.Tree.max_file_size", 1000)
    tree = read(member("large", bytes(1001)) + member("fine", bytes(1000)) + END)
    assert tree.look("large").why == "the file has 1,001 bytes, more than the 1,000 that are read"
    assert tree.look("fine").kind == FILE


def test_too_many_entries_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_ENTRIES", 10)
    data = b"".join(member(f"file{i}") for i in range(10))
    assert len(list(read(data + END).files())) == 10
    assert why(data + member("more") + END) == "the archive has more than 10 entries"


def test_too_much_content_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 100_000)
    data = b"".join(member(f"file{i}", bytes(10_000)) for i in range(20))
    assert why(gzip.compress(data + END)) == "the archive holds more than 100,000 bytes"


HUGE = 1 << 60


@pytest.mark.parametrize(
    "data",
    [
        sized("a", HUGE),
        sized("a", HUGE, kind=tarfile.DIRTYPE),
        sized("a", HUGE, kind=b"Z"),
        sized("a", HUGE, kind=tarfile.SYMTYPE),
        sized("a", HUGE, kind=tarfile.GNUTYPE_SPARSE),
        sized("a", HUGE, kind=tarfile.XHDTYPE),
        sized("a", HUGE, kind=tarfile.GNUTYPE_LONGNAME),
        sized("a", HUGE, pax=True),
        sized("a", HUGE, pax=True, kind=b"Z"),
        sized("a", -512),
        sized("a", -1),
        sized("a", -512, pax=True),
        member("a" * 90, kind=tarfile.GNUTYPE_LONGNAME) * 5000 + member("a"),
        member("pax", b"9 a=bcde\n", kind=tarfile.XHDTYPE) * 5000 + member("a"),
    ],
)
def test_a_header_that_lies_is_an_error_at_once(data: bytes) -> None:
    assert why(data + END).startswith("the archive ")


def named(name: str) -> bytes:
    """An entry whose name is in a header of its own."""
    return member("long", name.encode() + b"\0", kind=tarfile.GNUTYPE_LONGNAME) + member("short")


def test_a_name_may_be_as_long_as_one_of_a_file() -> None:
    name = "a/" * 2000 + "b"
    assert name in read(named(name) + END).files()
    assert "cannot be the name of a file" in why(named("a/" * 2048 + "b") + END)


def test_names_take_no_more_memory_than_names_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that many names lead through counts once."""
    monkeypatch.setattr(archive, "MAX_NAMES_BYTES", 20_000)
    beside = b"".join(named(f"{'f' * 500}/{n}") for n in range(30))
    read(beside + END)
    deep = named("a/" * 500 + "b")
    assert why(deep + END) == "the archive's names have more than 20,000 characters"


def test_what_is_said_of_all_entries_is_not_copied_for_each() -> None:
    records = b"".join(b"12 %06d=1\n" % n for n in range(1000))
    said = member("pax", records, kind=tarfile.XGLTYPE)
    assert "too much is said of all entries" in why(said + member("a") + END)
    commit = b"52 comment=0123456789abcdef0123456789abcdef01234567\n"
    assert list(read(member("pax", commit, kind=tarfile.XGLTYPE) + member("a") + END).files())


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE])
def test_a_header_takes_no_more_memory_than_a_header_needs(kind: bytes) -> None:
    bomb = gzip.compress(member("a", bytes(64 << 20), kind=kind) + member("b") + END, 1)
    assert "a header has more than 65,536 bytes" in why(bomb)


def test_a_bomb_is_an_error_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1 << 20)
    bomb = gzip.compress(bytes(256 << 20), 1)
    assert why(gzip.compress(member("a") + END) + bomb) == (
        "the archive holds more than 1,048,576 bytes"
    )


WHOLE = (
    member("a/b", b"x" * 700)
    + member("n" * 100 + "ü", b"y")
    + member("link", kind=tarfile.SYMTYPE, link="a/b")
    + member("pax", "16 path=ä/long\n".encode() * 5, kind=tarfile.XHDTYPE)
    + member("c", b"z" * 512)
    + END
)

# As Go writes it, and so Argo CD.
PLAIN = (
    member("a/b", b"x" * 700, form=tarfile.USTAR_FORMAT)
    + member("n/" * 60 + "m", b"y", form=tarfile.USTAR_FORMAT)
    + member("folder/", kind=tarfile.DIRTYPE, form=tarfile.USTAR_FORMAT)
    + member("link", kind=tarfile.SYMTYPE, link="a/b", form=tarfile.USTAR_FORMAT)
    + END
)


def test_both_forms_of_headers_mean_the_same() -> None:
    tree = read(PLAIN)
    assert list(tree.files()) == ["a/b", "n/" * 60 + "m", "link"]
    assert tree.fetch("n/" * 60 + "m")[1] == b"y"
    assert tree.look("link").target == "a/b"
    assert tree.look("folder").kind == MISSING


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_an_archive_that_is_cut_off_is_never_half_a_tree(packed: Callable[[bytes], bytes]) -> None:
    whole = packed(WHOLE)
    for end in range(0, len(whole) - len(END if packed is bytes else b""), 7):
        assert "the archive cannot be read" in why(whole[:end])


@pytest.mark.parametrize("data", [b"garbage", b"\x1f\x8b", b"\x1f\x8bgarbage", bz2.compress(END)])
def test_what_is_no_archive_is_an_error(data: bytes) -> None:
    assert "the archive cannot be read" in why(data)


@pytest.mark.timeout(0 if HUNT else 300)
def test_any_damage_is_an_error_or_harmless() -> None:
    """Thousands of archives with a few bytes changed; most have a correct checksum again.

    RECONCILER_FUZZ=100000 makes the hunt as long as that.
    """
    rng = random.Random(0)
    for source in (WHOLE, PLAIN, gzip.compress(WHOLE)):
        for _ in range(HUNT // 3 or 1200):
            data = bytearray(source)
            for _ in range(rng.choice((1, 1, 2, 5))):
                value = rng.choice((0, 48, 55, 128, 255, rng.randrange(256)))
                data[rng.randrange(len(data))] = value
            if source in (WHOLE, PLAIN):
                for at in range(0, len(data), tarfile.BLOCKSIZE):
                    block = data[at : at + tarfile.BLOCKSIZE]
                    if block[257:262] == b"ustar":
                        data[at : at + tarfile.BLOCKSIZE] = with_checksum(block)
            try:
                tree = read(bytes(data))
            except RepositoryError:
                continue
            for path in tree.files():
                assert not path.startswith(("/", "../"))


def test_folders_are_those_that_hold_something() -> None:
    tree = read(member("empty", kind=tarfile.DIRTYPE) + member("a/b/c") + END)
    assert [tree.look(path).kind for path in ("empty", "a", "a/b")] == [MISSING, FOLDER, FOLDER]
