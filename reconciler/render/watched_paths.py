"""The paths of a repository whose change can change a render, as few as say it exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.trees.tree import FOLDER, Tree

# Argo CD takes such a list as one text, so no path in it can hold this.
SEPARATOR = ";"


def watched(tree: Tree, folder: str, looked_at: Iterable[str]) -> list[str]:
    """The app's own folder, and what else its render looked at.

    Folders of which the render reads every file stand for them. Pinned commits are left out: what
    they hold never changes.
    """
    paths = {p for p in looked_at if "//" not in p}
    files = {p for p in paths if tree.look(p).kind != FOLDER}
    found = {folder}
    for path in sorted(files):
        if not any(covers(f, path) for f in found):
            found.add(_whole(tree, folder, path, files))
    # A folder that was listed, and of which no file was read.
    found |= {p for p in paths - files if not any(covers(p, f) for f in files)}
    found = set(map(_writable, found))
    top = {p for p in found if not any(f != p and covers(f, p) for f in found)}
    return sorted(top, key=lambda p: (p != folder, p))


def uncovered(items: Sequence[str], paths: Iterable[str]) -> list[str]:
    """The paths that are neither among these items nor below one of them."""
    return [p for p in paths if not any(covers(item, p) for item in items)]


def covers(item: str, path: str) -> bool:
    return path == item or path.startswith(f"{item}/") or not item


def _whole(tree: Tree, folder: str, path: str, files: set[str]) -> str:
    """The highest folder around a path of which all files are read, or the path itself."""
    above = path.rpartition("/")[0]
    while above and not covers(above, folder) and _all_read(tree, above, files):
        path, above = above, above.rpartition("/")[0]
    return path


def _writable(path: str) -> str:
    while SEPARATOR in path:
        path = path.rpartition("/")[0]
    return path


def _all_read(tree: Tree, folder: str, files: set[str]) -> bool:
    return tree.look(folder).kind == FOLDER and all(
        path in files or _all_read(tree, path, files)
        for path in (f"{folder}/{name}" for name in tree.names(folder))
    )
