"""The files of one commit."""

from __future__ import annotations

import os

from pygit2.enums import FileMode

from reconciler.trees.attributes import Attributes, Rules, convert
from reconciler.trees.stored import StoredTree
from reconciler.trees.tree import A_FOLDER, NOTHING, TreeEntry, a_file, a_link, submodule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from reconciler.git.names import CommitId
    from reconciler.git.repository import Repository


class CommitTree(StoredTree):
    """A commit's files as a checkout would write them: only what is looked at is read.

    Looking compares names of blobs; a blob itself is read when its content is fetched.
    """

    def __init__(self, repository: Repository, commit: CommitId) -> None:
        git, alone = repository.objects
        super().__init__(git, alone, f"commit {commit[:12]}")
        self.commit = commit
        self._attributes = Attributes(git.odb)
        self._folders: dict[str, Any] = {"": self._root()}
        self._known_rules: dict[str, Rules] = {}

    def _root(self) -> Any:
        commit = self._object(self.commit, "the commit")
        return self._object(str(commit.tree_id), "the root")

    def _probe(self, path: str) -> TreeEntry:
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

    def _load(self, path: str, entry: TreeEntry) -> tuple[TreeEntry, bytes]:
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


def commit_tree(repository: Repository, revision: str) -> CommitTree:
    """The files of a commit, a tag, a branch, HEAD~2, …"""
    return CommitTree(repository, repository.resolve(revision))
