"""Files on disk, as they are now."""

from __future__ import annotations

import os
from errno import ENAMETOOLONG
from hashlib import sha1
from stat import S_ISDIR, S_ISLNK, S_ISREG

from reconciler.errors import RepositoryError
from reconciler.trees.tree import (
    A_FOLDER,
    NOTHING,
    Tree,
    TreeEntry,
    a_file,
    a_link,
    is_utf8,
    refusal,
    submodule,
    too_large,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Content that was read to name it is kept until it is asked for, up to this much.
HELD_BYTES = 32 << 20


def blob_id(content: bytes) -> str:
    """The name that Git gives this content."""
    return sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class WorkTree(Tree):
    """A folder on disk. Edits made while it is in use are noticed, not mixed in."""

    def __init__(self, root: str) -> None:
        super().__init__()
        self.root = os.path.abspath(root)
        self._held: dict[str, bytes] = {}
        self._held_bytes = 0
        if not os.path.isdir(self.root):
            raise RepositoryError(f"there is no folder {self.root}")

    def _probe(self, path: str) -> TreeEntry:
        try:
            return self._find(path, os.path.join(self.root, path))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return NOTHING
        except OSError as e:
            if e.errno == ENAMETOOLONG:
                return NOTHING
            return refusal(f"it cannot be read: {e.strerror}")

    def _find(self, path: str, full: str) -> TreeEntry:
        found = os.lstat(full)
        if S_ISLNK(found.st_mode):
            return a_link(path, os.readlink(full))
        if S_ISDIR(found.st_mode):
            return submodule() if os.path.isfile(f"{full}/.git") else A_FOLDER
        if not S_ISREG(found.st_mode):
            return refusal("it is neither a file nor a folder")
        if found.st_size > self.max_file_size:
            return too_large(found.st_size, self.max_file_size)
        content = self._content(full)
        if len(content) > self.max_file_size:
            return too_large(len(content), self.max_file_size)
        if self._held_bytes + len(content) <= HELD_BYTES:
            self._held[path] = content
            self._held_bytes += len(content)
        return a_file(blob_id(content))

    def _load(self, path: str, entry: TreeEntry) -> tuple[TreeEntry, bytes]:
        content = self._held.pop(path, None)
        if content is not None:
            self._held_bytes -= len(content)
            return entry, content
        try:
            content = self._content(os.path.join(self.root, path))
        except OSError:
            content = b""
        if blob_id(content) != entry.token:
            return refusal("it changed while it was being rendered", "run the command again"), b""
        return entry, content

    def _names(self, folder: str) -> list[str]:
        try:
            found = os.listdir(os.path.join(self.root, folder))
        except OSError:
            return []
        return sorted(name for name in found if name != ".git")

    def files(self) -> Iterator[str]:
        """Every file's path but for those in folders that Git ignores; no link is followed."""
        ignored = ignored_by_git(self.root)
        for folder, folders, names in os.walk(self.root):
            prefix = os.path.relpath(folder, self.root) + "/"
            prefix = "" if prefix == "./" else prefix
            folders[:] = sorted(
                name
                for name in folders
                if name != ".git"
                and not os.path.exists(os.path.join(folder, name, ".git"))
                and not ignored(f"{prefix}{name}/")
            )
            for name in names:
                yield prefix + name

    def _content(self, full: str) -> bytes:
        with open(full, "rb", buffering=0) as file:
            return file.read(self.max_file_size + 1)


def ignored_by_git(root: str) -> Callable[[str], bool]:
    """Tells what is not part of a repository though it lies in its folder."""
    if not os.path.exists(os.path.join(root, ".git")):
        return lambda _: False
    from reconciler.git.repository import open_repository

    ignored = open_repository(root).path_is_ignored
    return lambda path: is_utf8(path) and ignored(path)  # it knows no other names
