"""A repository's object store, read so that a damaged object is an error and nothing worse.

libgit2 1.9 reads a cut-off loose object without end, and a crafted one can make it write out
of bounds (libgit2 issues 7342 and 7177). Loose objects are therefore inflated here.

While libgit2 asks for one it holds a lock, and what is asked here needs Python's: a second thread
that has Python's and waits for libgit2's would wait for ever. So one thread at a time may read
from a repository, and each Repository has a lock for that.

Git itself would be the obvious reader, and is the wrong one: `git cat-file --batch` is a process
to start, to keep, and to trust with a repository that may be a stranger's, and a cached render is
done before it answers. Packs stay with libgit2: loose objects are what a crash, a full disk or a
cut-off copy leaves broken, and what is easily written by hand. A damaged one is remembered by its
name, because that is lost on the way through libgit2: its caller hears of an object that is not
there, and would advise to fetch what is there and broken.
"""

from __future__ import annotations

import os
import zlib

import pygit2

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    Found = TypeVar("Found")

KINDS = {b"commit": 1, b"tree": 2, b"blob": 3, b"tag": 4}
MAX_OBJECT_BYTES = 1 << 30
COMMIT_ID_DIGITS = 40
HEADER_BYTES = 64
# Enough of a compressed object to hold its header: the codes that it is written in come first.
COMPRESSED_HEADER_BYTES = 1024
MAX_ALTERNATES = 5

PACKED_FIRST = 2
THEN_LOOSE = 1


class Damaged(ValueError):
    """An object that is there and cannot be what it says."""


class LooseObjects(pygit2.OdbBackend):
    """The objects of a folder that are not in packs."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder
        self.damaged = ""

    def read_cb(self, oid: pygit2.Oid) -> tuple[int, bytes]:
        return self._read(str(oid), parse)

    def read_header_cb(self, oid: pygit2.Oid) -> tuple[int, int]:
        return self._read(str(oid), parse_header, COMPRESSED_HEADER_BYTES)

    def read_prefix_cb(self, prefix: str) -> tuple[int, bytes, str]:
        name = prefix if len(prefix) == COMMIT_ID_DIGITS else self._find(prefix)
        return (*self._read(name, parse), name)

    def exists_cb(self, oid: pygit2.Oid) -> bool:
        return os.path.exists(self._path(str(oid)))

    def exists_prefix_cb(self, prefix: str) -> str:
        return self._find(str(prefix))

    def refresh_cb(self) -> None:
        pass

    def _path(self, name: str) -> str:
        return f"{self.folder}/{name[:2]}/{name[2:]}"

    def _find(self, prefix: str) -> str:
        try:
            names = os.listdir(f"{self.folder}/{prefix[:2]}")
        except OSError:
            names = []
        found = [prefix[:2] + n for n in names if n.startswith(prefix[2:])]
        if not found:
            raise KeyError(prefix)
        if len(found) > 1:
            raise ValueError(f"{prefix} is short for several objects")
        return found[0]

    def _read(self, name: str, understand: Callable[[bytes], Found], size: int = -1) -> Found:
        try:
            with open(self._path(name), "rb") as file:
                data = file.read(size)
        except OSError:
            raise KeyError(name) from None
        try:
            return understand(data)
        except (ValueError, KeyError, zlib.error) as e:
            self.damaged = name
            raise Damaged(name) from e


def parse(data: bytes) -> tuple[int, bytes]:
    """The kind and the content of a loose object."""
    kind, size, content, stream = _begin(data)
    if len(content) <= size:
        content += stream.decompress(stream.unconsumed_tail, size + 1 - len(content))
    if not stream.eof or len(content) != size:
        raise ValueError("it is cut off")
    return kind, content


def parse_header(data: bytes) -> tuple[int, int]:
    """The kind of a loose object and the size of its content, from how it begins."""
    return _begin(data)[:2]


def _begin(data: bytes) -> tuple[int, int, bytes, Any]:
    stream = zlib.decompressobj()
    header, _, content = stream.decompress(data, HEADER_BYTES).partition(b"\0")
    kind, _, size = header.partition(b" ")
    if int(size) > MAX_OBJECT_BYTES:
        raise ValueError("it is larger than anything that is read")
    return KINDS[kind], int(size), content, stream


def open_objects(git: pygit2.Repository) -> list[LooseObjects]:
    """Make a repository read its objects this way."""
    store = pygit2.Odb()
    loose = []
    for folder in object_folders(git.path):
        store.add_backend(pygit2.OdbBackendPack(folder), PACKED_FIRST)
        backend = LooseObjects(folder)
        store.add_backend(backend, THEN_LOOSE)
        loose.append(backend)
    git.set_odb(store)
    return loose


def object_folders(git_folder: str) -> Iterator[str]:
    """Where the objects are: of the repository itself, and of those that it borrows from."""
    common = _lines(f"{git_folder}/commondir")
    own = os.path.join(git_folder, *common[:1], "objects")
    waiting = [(os.path.normpath(own), 0)]
    seen = set()
    while waiting:
        folder, depth = waiting.pop(0)
        if folder in seen or depth > MAX_ALTERNATES:
            continue
        seen.add(folder)
        yield folder
        waiting += [
            (os.path.normpath(os.path.join(folder, line)), depth + 1)
            for line in _lines(f"{folder}/info/alternates")
            if not line.startswith("#")
        ]


def _lines(path: str) -> list[str]:
    try:
        with open(path, errors="surrogateescape") as file:
            return [line for line in file.read().split("\n") if line]
    except OSError:
        return []
