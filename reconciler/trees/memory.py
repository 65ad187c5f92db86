"""A tree held in memory: what somebody streamed to us, never unpacked to disk."""

from __future__ import annotations

from reconciler.trees.tree import (
    A_FOLDER,
    NOTHING,
    Tree,
    TreeEntry,
    a_file,
    a_link,
    names_by_folder,
)
from reconciler.trees.worktree import blob_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Of a file that was looked at: its name and content as objects, and what is known of it.
OF_AN_ENTRY = 500


class MemoryTree(Tree):
    """Files by path, and symbolic links by path."""

    # What was set aside for it, by whoever counts that; it is given back with the tree.
    claim: object = None

    def __init__(
        self,
        files: Mapping[str, bytes],
        links: Mapping[str, str] | None = None,
        refused: Mapping[str, TreeEntry] | None = None,
    ) -> None:
        super().__init__()
        self._files = files
        self._links = links or {}
        self._refused = refused or {}
        self._folders = names_by_folder((*self._files, *self._links, *self._refused))

    def again(self) -> MemoryTree:
        """The same files, and what is known of them, for a reader with pins of his own."""
        copy = MemoryTree.__new__(MemoryTree)
        Tree.__init__(copy)
        copy._files, copy._links, copy._refused = self._files, self._links, self._refused
        copy._folders = self._folders
        copy._seen = self._seen
        copy.claim = self.claim
        return copy

    def size(self) -> int:
        """About the bytes of memory that it takes."""
        names = sum(map(len, self.files())) + sum(map(len, self._folders))
        count = len(self._files) + len(self._links) + len(self._refused) + len(self._folders)
        return sum(map(len, self._files.values())) + OF_AN_ENTRY * count + 2 * names

    def _probe(self, path: str) -> TreeEntry:
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
        yield from self._links
        yield from self._refused

    def _load(self, path: str, entry: TreeEntry) -> tuple[TreeEntry, bytes]:
        return entry, self._files[path]
