"""Files of which the contents are objects of a repository."""

from __future__ import annotations

import pygit2

from reconciler.errors import RepositoryError
from reconciler.trees.tree import Tree, TreeEntry, too_large

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import RLock
    from typing import Any


class StoredTree(Tree):
    """Reads objects one thread at a time, and says which file one that cannot be read is of."""

    def __init__(self, git: pygit2.Repository, alone: RLock, origin: str) -> None:
        super().__init__()
        self.blobs_read = 0
        self._git = git
        self._alone = alone
        self._origin = origin  # what messages call this tree

    def _object(self, name: str, path: str) -> Any:
        return self._ask(self._git.__getitem__, name, path)

    def _ask(self, question: Callable[[str], Any], name: str, path: str) -> Any:
        """What the object store says of the object at a path."""
        try:
            with self._alone:
                return question(name)
        except KeyError as e:
            raise RepositoryError(
                f"{path} of {self._origin} is not in this clone",
                hint="it is a partial or damaged clone: git fetch --refetch, or clone again",
            ) from e
        except (ValueError, pygit2.GitError) as e:
            raise RepositoryError(
                f"{path} of {self._origin} is damaged: its object is {name}",
                hint="git fsck shows what else is; fetch into a new clone",
            ) from e

    def _blob(self, name: str, path: str) -> tuple[TreeEntry | None, bytes]:
        """A file's content, or why it is not served; one that is too large is not even read."""
        _, size = self._ask(self._git.odb.read_header, name, path)
        if size > self.max_file_size:
            return too_large(size, self.max_file_size), b""
        self.blobs_read += 1
        return None, self._content(name, path)

    def _content(self, name: str, path: str) -> bytes:
        content: bytes = self._ask(self._git.odb.read, name, path)[1]
        return content
