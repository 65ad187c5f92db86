"""A tar archive as a tree, refused when it is larger or stranger than a repository is."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from posixpath import normpath

from reconciler.errors import RepositoryError
from reconciler.git.memory import MemoryTree
from reconciler.git.tree import Entry, Tree, refusal, too_large

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

MAX_ENTRIES = 100_000
MAX_BYTES = 512 << 20
MAX_HEADER = 1 << 20

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
    found: dict[str, bytes | str | Entry] = {}
    total = 0
    largest = MAX_BYTES if largest is None else largest
    try:
        whole = _Bounded(_unpacked(stream), largest)
        with tarfile.open(fileobj=whole, mode="r|", tarinfo=_Header) as archive:  # type: ignore[call-overload]
            for number, member in enumerate(archive):
                if number >= MAX_ENTRIES:
                    raise RepositoryError(f"the archive has more than {MAX_ENTRIES:,} entries")
                total += member.size
                _check(total, largest)
                name = normpath(member.name)
                if name.startswith(("/", "../")) or name == "..":
                    raise RepositoryError(f"the archive names {member.name}, outside of itself")
                if not member.isdir() and not (skip and skip(name)):
                    found[name] = _held(archive, member)
        whole.finish()
    except UNREADABLE as e:
        raise RepositoryError("the archive cannot be read", why=str(e)) from e
    return MemoryTree(
        {name: held for name, held in found.items() if isinstance(held, bytes)},
        {name: held for name, held in found.items() if isinstance(held, str)},
        {name: held for name, held in found.items() if isinstance(held, Entry)},
    )


def _held(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes | str | Entry:
    """A file's content, where a link points, or why there is neither."""
    if member.issym():
        return member.linkname
    if not member.isreg():
        return refusal("it is neither a file, a folder nor a symbolic link")
    if member.size > Tree.max_file_size:
        return too_large(member.size, Tree.max_file_size)
    if member.sparse is None and archive.fileobj:
        archive.fileobj.seek(member.offset_data)
        content = archive.fileobj.read(member.size)
    else:
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
        header = cls._plain(buf, encoding, errors) or super().frombuf(buf, encoding, errors)
        if header.size < 0:
            raise ValueError("an entry has a negative size")
        if header.type in ABOUT_THE_NEXT_ENTRY and header.size > MAX_HEADER:
            raise ValueError(f"a header has more than {MAX_HEADER:,} bytes")
        _check(header.size, MAX_BYTES)
        return header

    @classmethod
    def _plain(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header | None:
        """The headers that nearly all entries have, in a tenth of the time."""
        kind, size, checksum = bytes(buf[156:157]), buf[124:135], buf[148:154]
        if (
            kind not in PLAIN
            or buf[257:263] != USTAR
            or not (size.isdigit() and checksum.isdigit())
        ):
            return None
        if len(buf) != tarfile.BLOCKSIZE or int(checksum, 8) != _sum(buf):
            return None
        name = _text(buf[:100], encoding, errors)
        prefix = _text(buf[345:500], encoding, errors)
        header = cls(f"{prefix}/{name}" if prefix else name)
        header.name = header.name.rstrip("/") if kind == tarfile.DIRTYPE else header.name
        header.type = kind
        header.size = int(size, 8)
        header.linkname = _text(buf[157:257], encoding, errors)
        return header


def _sum(buf: bytes | bytearray) -> int:
    """As a header counts itself, with spaces in the place of the sum."""
    return sum(buf) - sum(buf[148:156]) + 8 * ord(" ")


def _text(field: bytes | bytearray, encoding: str, errors: str) -> str:
    return bytes(field).partition(b"\0")[0].decode(encoding, errors)


def _unpacked(stream: IO[bytes]) -> _Rest | gzip.GzipFile:
    begin = stream.read(len(GZIP))
    rest = _Rest(begin, stream)
    return gzip.GzipFile(fileobj=rest) if begin == GZIP else rest  # type: ignore[call-overload]


class _Rest:
    """A stream of which the beginning has been read already."""

    def __init__(self, begin: bytes, stream: IO[bytes]) -> None:
        self._begin = begin
        self._stream = stream

    def read(self, size: int) -> bytes:
        begin, self._begin = self._begin, b""
        return begin or self._stream.read(size)


class _Bounded:
    """The bytes of an archive: no more than it may have, and all of them."""

    def __init__(self, stream: _Rest | gzip.GzipFile, largest: int) -> None:
        self._stream = stream
        self._largest = largest
        self._total = 0
        self._last = b""

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._total += len(data)
        _check(self._total, self._largest)
        self._last = (self._last + data)[-tarfile.BLOCKSIZE :]
        return data

    def finish(self) -> None:
        """An archive ends with empty blocks; one that does not has lost entries."""
        while self.read(tarfile.RECORDSIZE):
            pass
        if self._last.strip(b"\0"):
            raise EOFError("it is cut off")
