"""The files of one commit."""

from __future__ import annotations

import os

import pygit2
from pygit2.enums import FileMode

from reconciler.git.attributes import Rules, convert
from reconciler.git.stored import StoredTree
from reconciler.git.tree import (
    A_FOLDER,
    NOTHING,
    Entry,
    a_file,
    a_link,
    submodule,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import RLock
    from typing import Any

    from reconciler.git.attributes import Attributes


class CommitTree(StoredTree):
    """A commit's files as a checkout would write them: only what is looked at is read.

    Looking compares names of blobs; a blob itself is read when its content is fetched.
    """

    def __init__(
        self,
        git: pygit2.Repository,
        alone: RLock,
        attributes: Attributes,
        commit: str,
        tree_id: str,
    ) -> None:
        super().__init__(git, alone, f"commit {commit[:12]}")
        self.commit = commit
        self._attributes = attributes
        self._folders: dict[str, Any] = {"": self._object(tree_id, "the root")}
        self._known_rules: dict[str, Rules] = {}

    def _probe(self, path: str) -> Entry:
        found = self._item(path)
        if found is None:
            return NOTHING
        name, mode = str(found.id), found.filemode
        if mode == FileMode.TREE:
            self._folders[path] = self._object(name, path)
            return A_FOLDER
        if mode == FileMode.COMMIT:
            return submodule()
        if mode == FileMode.LINK:
            refused, target = self._blob(name, path)
            return refused or a_link(path, os.fsdecode(target))
        rules = self._rules(path.rpartition("/")[0])
        with self._alone:
            conversion = self._attributes.conversion(rules, self.commit, path)
        return a_file(name + conversion) if isinstance(conversion, str) else conversion

    def _item(self, path: str) -> Any:
        above, _, name = path.rpartition("/")
        try:
            return self._folders[above][name]
        except (KeyError, ValueError):
            return None

    def _load(self, path: str, entry: Entry) -> tuple[Entry, bytes]:
        name, plus, conversion = entry.token.partition("+")
        refused, content = self._blob(name, path)
        return refused or entry, convert(content, plus + conversion)

    def _rules(self, folder: str) -> Rules:
        known = self._known_rules.get(folder)
        if known is None:
            above = self._rules(folder.rpartition("/")[0]) if folder else None
            path = f"{folder}/.gitattributes" if folder else ".gitattributes"
            found = self._item(path)
            if found is None or found.filemode == FileMode.TREE:
                known = above or Rules()
            else:
                known = Rules(above, self._content(str(found.id), path))
            self._known_rules[folder] = known
        return known

    def _names(self, folder: str) -> list[str]:
        return sorted(os.fsdecode(item.raw_name) for item in self._folders[folder])

    def files(self) -> Iterator[str]:
        def walk(folder: Any, prefix: str) -> Iterator[str]:
            for item in folder:
                path = prefix + os.fsdecode(item.raw_name)
                if item.filemode == FileMode.TREE:
                    yield from walk(self._object(str(item.id), path), path + "/")
                else:
                    yield path

        return walk(self._folders[""], "")
