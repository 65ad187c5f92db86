"""The files that the next commit will hold."""

from __future__ import annotations

import os
from threading import RLock

from reconciler.git.object_store import open_objects
from reconciler.git.repository import open_repository
from reconciler.git.snapshots import Snapshots
from reconciler.trees.stored import StoredTree
from reconciler.trees.tree import (
    A_FOLDER,
    NOTHING,
    TreeEntry,
    a_file,
    a_link,
    names_by_folder,
    submodule,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LINK_MODE = "120000"
SUBMODULE_MODE = "160000"


class StagedTree(StoredTree):
    """The index, which may differ from what is on disk; contents are as Git keeps them."""

    def __init__(self, snapshots: Snapshots) -> None:
        git = open_repository(snapshots.root)
        open_objects(git)
        super().__init__(git, RLock(), "the index")
        self._entries = {path: (mode, blob) for path, mode, blob in snapshots.listing("")}
        self._folders = names_by_folder(self._entries)

    def files(self) -> Iterator[str]:
        yield from self._entries

    def _probe(self, path: str) -> TreeEntry:
        if path not in self._entries:
            return A_FOLDER if path in self._folders else NOTHING
        mode, blob = self._entries[path]
        if mode == SUBMODULE_MODE:
            return submodule()
        if mode == LINK_MODE:
            refused, target = self._blob(blob, path)
            return refused or a_link(path, os.fsdecode(target))
        return a_file(blob)

    def _load(self, path: str, entry: TreeEntry) -> tuple[TreeEntry, bytes]:
        refused, content = self._blob(self._entries[path][1], path)
        return refused or entry, content

    def _names(self, folder: str) -> list[str]:
        return sorted(self._folders.get(folder, ()))
