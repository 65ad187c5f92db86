"""Repositories that are not here, taken for empty ones: what this one's own files make of it."""

from __future__ import annotations

from reconciler.trees.pins import Pins, is_reference
from reconciler.trees.tree import A_FOLDER, LINK, NOTHING, REFUSED, TreeEntry, a_file

# The name of a commit that is none, in which each folder has a kustomization that does nothing.
NO_COMMIT = "0" * 40
EMPTY = b"buildMetadata: []\n"
NAME = "kustomization.yaml"
OTHER_NAMES = ("kustomization.yml", "Kustomization")


class NoOtherRepositories(Pins):
    """Follows what others follow, and leads to nothing where they refuse."""

    def __init__(self, pins: Pins) -> None:
        super().__init__(None)
        self._pins = pins

    def look(self, path: str, limit: int) -> TreeEntry:
        if path.startswith(f"//{NO_COMMIT}"):
            return self.fetch(path, limit)[0]
        return _unless_refused(path, self._pins.look(path, limit), limit)

    def has(self, path: str) -> bool:
        return self._pins.has(path)

    def fetch(self, path: str, limit: int) -> tuple[TreeEntry, bytes]:
        if not path.startswith(f"//{NO_COMMIT}"):
            entry, content = self._pins.fetch(path, limit)
            return _unless_refused(path, entry, limit), content
        name = path.rpartition("/")[2]
        if name == NAME:
            return a_file(NO_COMMIT), EMPTY
        return (NOTHING if name in OTHER_NAMES else A_FOLDER), b""


def _unless_refused(path: str, entry: TreeEntry, limit: int) -> TreeEntry:
    if entry.kind == REFUSED and is_reference(path):
        return TreeEntry(LINK, f"@ {NO_COMMIT} {limit}", at=path, target=NO_COMMIT)
    return entry
