"""The files of one commit."""

from __future__ import annotations

import os

import pygit2
from pygit2.enums import FileMode

from reconciler.errors import RepositoryError
from reconciler.git.attributes import Rules, convert
from reconciler.git.tree import (
    A_FOLDER,
    NOTHING,
    Entry,
    Tree,
    a_file,
    a_link,
    submodule,
    too_large,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import RLock
    from typing import Any

    from reconciler.git.attributes import Attributes


class CommitTree(Tree):
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
        super().__init__()
        self.commit = commit
        self.blobs_read = 0
        self._git = git
        self._alone = alone
        self._attributes = attributes
        self._folders: dict[str, Any] = {"": self._object(tree_id, "the root")}
        self._known_rules: dict[str, Rules] = {}

    def _object(self, name: str, path: str) -> Any:
        return self._ask(self._git.__getitem__, name, path)

    def _ask(self, question: Callable[[str], Any], name: str, path: str) -> Any:
        """What the object store says of the object at a path."""
        try:
            with self._alone:
                return question(name)
        except KeyError as e:
            raise RepositoryError(
                f"{path} of commit {self.commit[:12]} is not in this clone",
                hint="it is a partial or damaged clone: git fetch --refetch, or clone again",
            ) from e
        except (ValueError, pygit2.GitError) as e:
            raise RepositoryError(
                f"{path} of commit {self.commit[:12]} is damaged: its object is {name}",
                hint="git fsck shows what else is; fetch into a new clone",
            ) from e

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

    def _blob(self, name: str, path: str) -> tuple[Entry | None, bytes]:
        """A file's content, or why it is not served; one that is too large is not even read."""
        _, size = self._ask(self._git.odb.read_header, name, path)
        if size > self.max_file_size:
            return too_large(size, self.max_file_size), b""
        self.blobs_read += 1
        return None, self._content(name, path)

    def _content(self, name: str, path: str) -> bytes:
        content: bytes = self._ask(self._git.odb.read, name, path)[1]
        return content

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
