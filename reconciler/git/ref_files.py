"""Small things that are kept in a repository beside its branches: files on a ref of their own."""

from __future__ import annotations

import os
from contextlib import contextmanager

import pygit2
from pygit2.enums import FileMode, ObjectType

from reconciler.git.command import run_git
from reconciler.git.file_lock import only_one
from reconciler.git.locate import git_folder
from reconciler.git.repository import open_repository

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ABOVE = "refs/reconciler"
NOWHERE = "0" * 40


class RefFiles:
    """Each record has a name with slashes, flat files, and a history of who changed it."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.git = open_repository(root)

    def names(self, prefix: str) -> list[str]:
        begin = f"{ABOVE}/{prefix}/"
        return [name.removeprefix(begin) for name in self.git.references if name.startswith(begin)]

    def read(self, name: str) -> dict[str, bytes] | None:
        reference = f"{ABOVE}/{name}"
        if reference not in self.git.references:
            return None
        tree = self.git.references[reference].peel(ObjectType.TREE)
        return {
            entry.name: entry.data
            for entry in tree
            if isinstance(entry, pygit2.Blob) and entry.name
        }

    def write(self, name: str, files: Mapping[str, bytes], author: str, message: str) -> None:
        """One update of a ref, for which `alone` is needed."""
        reference = f"{ABOVE}/{name}"
        there = self.git.references.get(reference)
        builder = self.git.TreeBuilder()
        for file, content in files.items():
            builder.insert(file, self.git.create_blob(content), FileMode.BLOB)
        who = pygit2.Signature(author or "unknown", "reconciler@localhost")
        parents = [there.target] if there else []
        made = self.git.create_commit(None, who, who, message, builder.write(), parents)
        old = str(there.target) if there else NOWHERE
        run_git(self.root, "update-ref", reference, str(made), old)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else on this machine changes a record meanwhile."""
        folder = os.path.join(git_folder(self.root), "reconciler")
        os.makedirs(folder, exist_ok=True)
        with only_one(os.path.join(folder, "records.lock")):
            yield
