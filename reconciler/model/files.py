"""What the model asks of a tree of files; every tree of reconciler.git answers it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from reconciler.errors import FleetError, Place

# The kinds that matter here, as reconciler.trees.tree calls them.
FILE = "file"
FOLDER = "folder"
LINK = "link"


class FoundFile(Protocol):
    """What is at a path."""

    kind: str
    why: str
    hint: str


class Files(Protocol):
    """Paths are relative, with slashes."""

    def look(self, path: str, /) -> FoundFile: ...

    def fetch(self, path: str, /) -> tuple[FoundFile, bytes]: ...

    def names(self, folder: str, /) -> Sequence[str]: ...


def read(files: Files, path: str) -> bytes:
    """The content of a file, or why there is none."""
    found, content = files.fetch(path)
    if found.kind == FILE:
        return content
    where = Place(path)
    if found.kind == LINK:
        raise FleetError(f"{path} is a symbolic link", where=where, hint="put the file itself here")
    if found.kind == FOLDER:
        raise FleetError(f"{path} is a folder", where=where, hint="a file belongs here")
    raise FleetError(f"{path} cannot be read", where=where, why=found.why, hint=found.hint)
