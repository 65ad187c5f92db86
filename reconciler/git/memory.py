"""A tree held in memory: what somebody streamed to us, never unpacked to disk."""

from __future__ import annotations

import tarfile
from posixpath import normpath

from reconciler.errors import RepositoryError
from reconciler.git.tree import (
    A_FOLDER,
    NOTHING,
    Entry,
    Tree,
    a_file,
    a_link,
    names_by_folder,
    refusal,
    too_large,
)
from reconciler.git.worktree import blob_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import IO

MAX_ENTRIES = 100_000
MAX_BYTES = 512 << 20


class MemoryTree(Tree):
    """Files by path, and symbolic links by path."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        links: Mapping[str, str] | None = None,
        refused: Mapping[str, Entry] | None = None,
    ) -> None:
        super().__init__()
        self._files = files
        self._links = links or {}
        self._refused = refused or {}
        self._folders = names_by_folder((*self._files, *self._links, *self._refused))

    def _probe(self, path: str) -> Entry:
        if path in self._files:
            return a_file(blob_id(self._files[path]))
        if path in self._links:
            return a_link(path, self._links[path])
        if path in self._refused:
            return self._refused[path]
        return A_FOLDER if path in self._folders else NOTHING

    def _names(self, folder: str) -> list[str]:
        return sorted(self._folders.get(folder, ()))

    def files(self) -> Iterator[str]:
        yield from self._files
        yield from self._refused

    def _load(self, path: str, entry: Entry) -> tuple[Entry, bytes]:
        return entry, self._files[path]


def read_tar(stream: IO[bytes]) -> MemoryTree:
    """An archive as a tree, refused when it is larger or stranger than a repository is."""
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    refused: dict[str, Entry] = {}
    total = 0
    try:
        with tarfile.open(fileobj=stream, mode="r|*") as archive:
            for number, member in enumerate(archive):
                if number >= MAX_ENTRIES:
                    raise RepositoryError(f"the archive has more than {MAX_ENTRIES:,} entries")
                name = normpath(member.name)
                if name.startswith(("/", "../")) or name == "..":
                    raise RepositoryError(f"the archive names {member.name}, outside of itself")
                if member.issym():
                    links[name] = member.linkname
                elif member.isreg():
                    total += member.size
                    if total > MAX_BYTES:
                        raise RepositoryError(f"the archive holds more than {MAX_BYTES:,} bytes")
                    if member.size > Tree.max_file_size:
                        refused[name] = too_large(member.size, Tree.max_file_size)
                        continue
                    content = archive.extractfile(member)
                    files[name] = content.read() if content else b""
                elif not member.isdir():
                    refused[name] = refusal("it is neither a file, a folder nor a symbolic link")
    except (tarfile.TarError, EOFError, OSError) as e:
        raise RepositoryError("the archive cannot be read", why=str(e)) from e
    return MemoryTree(files, links, refused)
