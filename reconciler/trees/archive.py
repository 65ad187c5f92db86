"""A tar archive as a tree, refused when it is larger or stranger than a repository is."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from posixpath import normpath

from reconciler.errors import RepositoryError
from reconciler.trees.memory import MemoryTree
from reconciler.trees.tree import MAX_PATH_CHARACTERS, Tree, TreeEntry, refusal, too_large

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

MAX_ENTRIES = 100_000
MAX_UNPACKED_BYTES = 512 << 20
MAX_HEADER_BYTES = 1 << 16
# Of all names, and of the folders that they lead through: deep ones have many.
MAX_NAMES_BYTES = 32 << 20
# What is said of all entries that follow, as Git says of which commit they are.
MAX_GLOBAL_HEADERS = 64
MAX_SHOWN_CHARACTERS = 40
CHUNK_BYTES = 1 << 17

GZIP = b"\x1f\x8b"
USTAR = b"ustar\0"
PLAIN = (tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE)
UNREADABLE = (tarfile.TarError, EOFError, OSError, RecursionError, ValueError, zlib.error)
ABOUT_THE_NEXT_ENTRY = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


def read_tar(
    stream: IO[bytes], *, skip: Callable[[str], bool] | None = None, largest: int | None = None
) -> MemoryTree:
    """An archive as it comes in, plain or packed with gzip. Of two equal names the last counts.

    What is skipped counts against the limits, and is not kept.
    """
    found = _Found(MAX_UNPACKED_BYTES if largest is None else largest, skip)
    try:
        whole = _Bounded(_unpacked(stream), found.largest)
        rest = _Rest(_read_plain(whole, found), whole)
        with tarfile.open(fileobj=rest, mode="r|", tarinfo=_Header) as archive:  # type: ignore[call-overload]
            for member in archive:
                archive.members.clear()
                if len(archive.pax_headers) > MAX_GLOBAL_HEADERS:
                    raise ValueError("too much is said of all entries")
                name = found.entry(member.name, member.size)
                if name and not member.isdir():
                    found.held[name] = _held(archive, member)
        whole.finish()
    except UNREADABLE as e:
        raise RepositoryError("the archive cannot be read", why=str(e)) from e
    return MemoryTree(
        {name: held for name, held in found.held.items() if isinstance(held, bytes)},
        {name: held for name, held in found.held.items() if isinstance(held, str)},
        {name: held for name, held in found.held.items() if isinstance(held, TreeEntry)},
    )


class _Found:
    """What is in an archive so far."""

    def __init__(self, largest: int, skip: Callable[[str], bool] | None) -> None:
        self.largest = largest
        self.held: dict[str, bytes | str | TreeEntry] = {}
        self._skip = skip
        self._entries = 0
        self._total = 0
        self._names = 0
        self._folders = {""}

    def entry(self, called: str, size: int) -> str:
        """The name of one more entry; none if it is not wanted."""
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise RepositoryError(f"the archive has more than {MAX_ENTRIES:,} entries")
        if size < 0:
            raise ValueError("an entry has a negative size")
        self._total += size
        _check(self._total, self.largest)
        if len(called) > MAX_PATH_CHARACTERS or "\0" in called:
            raise ValueError(f"{called[:MAX_SHOWN_CHARACTERS]!r}… cannot be the name of a file")
        name = normpath(called)
        if name.startswith(("/", "../")) or name == "..":
            raise RepositoryError(f"the archive names {called}, outside of itself")
        if self._skip and self._skip(name):
            return ""
        self._count(name)
        return name

    def _count(self, name: str) -> None:
        """A name takes memory, and so does each folder that it is the first to lead through."""
        self._names += len(name)
        folder = name.rpartition("/")[0]
        while folder not in self._folders:
            self._folders.add(folder)
            self._names += len(folder)
            if self._names > MAX_NAMES_BYTES:
                break
            folder = folder.rpartition("/")[0]
        if self._names > MAX_NAMES_BYTES:
            raise RepositoryError(
                f"the archive's names have more than {MAX_NAMES_BYTES:,} characters"
            )


def _read_plain(whole: _Bounded, found: _Found) -> bytes:
    """Take entries for as long as they are plain: most archives have no others.

    Returns the first header that is not, from which on tarfile reads, ten times as slowly.
    """
    while True:
        block = whole.exactly(tarfile.BLOCKSIZE)
        kind, size, checksum = block[156:157], block[124:135], block[148:154]
        if kind not in PLAIN or block[257:263] != USTAR or len(block) != tarfile.BLOCKSIZE:
            return block
        if not (size.isdigit() and checksum.isdigit() and int(checksum, 8) == _sum(block)):
            return block
        length = int(size, 8)
        if length > (Tree.max_file_size if kind == tarfile.REGTYPE else 0):
            return block
        prefix, name = _text(block[345:500]), _text(block[:100])
        name = found.entry(f"{prefix}/{name}" if prefix else name, length)
        content = whole.exactly(length + -length % tarfile.BLOCKSIZE)
        if len(content) < length:
            raise EOFError("it is cut off")
        if name and kind != tarfile.DIRTYPE:
            link = kind == tarfile.SYMTYPE
            found.held[name] = _text(block[157:257]) if link else content[:length]


def _held(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes | str | TreeEntry:
    """A file's content, where a link points, or why there is neither."""
    if member.issym():
        return member.linkname
    if not member.isreg():
        return refusal("it is neither a file, a folder nor a symbolic link")
    if member.size > Tree.max_file_size:
        return too_large(member.size, Tree.max_file_size)
    file = archive.extractfile(member)
    content = file.read() if file else b""
    if len(content) != member.size:
        raise EOFError("it is cut off")
    return content


def _check(size: int, largest: int) -> None:
    if size > largest:
        raise RepositoryError(f"the archive holds more than {largest:,} bytes")


class _Header(tarfile.TarInfo):
    """What stands before an entry: the sizes in it are believed within bounds only."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0:
            raise ValueError("an entry has a negative size")
        if header.type in ABOUT_THE_NEXT_ENTRY and header.size > MAX_HEADER_BYTES:
            raise ValueError(f"a header has more than {MAX_HEADER_BYTES:,} bytes")
        _check(header.size, MAX_UNPACKED_BYTES)
        return header


def _sum(block: bytes) -> int:
    """As a header counts itself, with spaces in the place of the sum."""
    return sum(block) - sum(block[148:156]) + 8 * ord(" ")


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode(errors="surrogateescape")


def _unpacked(stream: IO[bytes]) -> _Rest | gzip.GzipFile:
    begin = stream.read(len(GZIP))
    rest = _Rest(begin, stream)
    return gzip.GzipFile(fileobj=rest) if begin == GZIP else rest  # type: ignore[call-overload]


class _Rest:
    """A stream of which the beginning has been read already."""

    def __init__(self, begin: bytes, stream: IO[bytes] | _Bounded) -> None:
        self._begin = begin
        self._stream = stream

    def read(self, size: int) -> bytes:
        begin, self._begin = self._begin, b""
        return begin or self._stream.read(size)


class _Bounded:
    """The bytes of an archive: no more than it may have, and all of them.

    They are taken from the stream in large pieces, since most entries are small.
    """

    def __init__(self, stream: _Rest | gzip.GzipFile, largest: int) -> None:
        self._stream = stream
        self._largest = largest
        self._total = 0
        self._piece = b""
        self._at = 0
        self._last = b""

    def read(self, size: int) -> bytes:
        """At least one byte, unless the archive ends."""
        if self._at == len(self._piece):
            self._next()
        data = self._piece[self._at : self._at + size]
        self._at += len(data)
        return data

    def exactly(self, size: int) -> bytes:
        """So much, unless the archive ends before."""
        data = self.read(size) if size else b""
        if len(data) == size:
            return data
        pieces, size = [data], size - len(data)
        while size and (more := self.read(size)):
            pieces.append(more)
            size -= len(more)
        return b"".join(pieces)

    def finish(self) -> None:
        """An archive ends with empty blocks; one that does not has lost entries."""
        while self._piece:
            self._next()
        if self._last.strip(b"\0"):
            raise EOFError("it is cut off")

    def _next(self) -> None:
        self._piece, self._at = self._stream.read(CHUNK_BYTES), 0
        self._total += len(self._piece)
        _check(self._total, self._largest)
        self._last = (self._last + self._piece[-tarfile.BLOCKSIZE :])[-tarfile.BLOCKSIZE :]
