"""A tree with edits on top: what a change would look like before it is written."""

from __future__ import annotations

from reconciler.trees.tree import A_FOLDER, NOTHING, Tree, TreeEntry, a_file, names_by_folder
from reconciler.trees.worktree import blob_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class EditedTree(Tree):
    """Another tree in which some files have new content, or (None) are gone."""

    def __init__(self, base: Tree, edits: Mapping[str, bytes | None]) -> None:
        super().__init__()
        self.base = base
        self.pins = base.pins
        self.owner = base.owner
        self.edits = edits
        self._folders = names_by_folder(p for p, content in edits.items() if content is not None)

    def _probe(self, path: str) -> TreeEntry:
        if path in self._folders:
            return A_FOLDER
        if path in self.edits:
            content = self.edits[path]
            return NOTHING if content is None else a_file(blob_id(content))
        return self.base.look(path)

    def _names(self, folder: str) -> list[str]:
        found = self._folders.get(folder, set()).union(self.base.names(folder))
        prefix = f"{folder}/" if folder else ""
        gone = {path for path in self.edits if self.look(path) is NOTHING}
        return sorted(name for name in found if prefix + name not in gone)

    def files(self) -> Iterator[str]:
        yield from (path for path in self.base.files() if not self._replaced(path))
        yield from (path for path, content in self.edits.items() if content is not None)

    def _replaced(self, path: str) -> bool:
        """Did an edit put something else in the place of a base's file?"""
        if path in self._folders:
            return True
        while path and path not in self.edits:
            path = path.rpartition("/")[0]
        return path != ""

    def _load(self, path: str, entry: TreeEntry) -> tuple[TreeEntry, bytes]:
        content = self.edits.get(path)
        return self.base.fetch(path) if content is None else (entry, content)
