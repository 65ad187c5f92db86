"""The files of one commit."""

from __future__ import annotations

import os

import pygit2
from pygit2.enums import AttrCheck, FileMode

from reconciler.errors import RepositoryError
from reconciler.git.tree import (
    A_FOLDER,
    NOTHING,
    Entry,
    Tree,
    a_file,
    a_link,
    refusal,
    submodule,
    too_large,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

WITH_CRLF = "+crlf"


class CommitTree(Tree):
    """A commit's files as a checkout would write them: only what is looked at is read.

    Looking compares names of blobs; a blob itself is read when its content is fetched.
    """

    def __init__(self, git: pygit2.Repository, commit: str, tree_id: str) -> None:
        super().__init__()
        self.commit = commit
        self.blobs_read = 0
        self._git = git
        self._folders: dict[str, Any] = {"": self._object(tree_id, "the root")}
        self._converting: dict[str, bool] = {}

    def _object(self, name: str, path: str) -> Any:
        try:
            return self._git[name]
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
        mode = found.filemode
        if mode == FileMode.TREE:
            self._folders[path] = self._object(str(found.id), path)
            return A_FOLDER
        if mode == FileMode.COMMIT:
            return submodule()
        if mode == FileMode.LINK:
            return a_link(path, os.fsdecode(self._object(str(found.id), path).data))
        if self._may_convert(path.rpartition("/")[0]):
            return self._converted(path, str(found.id))
        return a_file(str(found.id))

    def _item(self, path: str) -> Any:
        above, _, name = path.rpartition("/")
        try:
            return self._folders[above][name]
        except (KeyError, ValueError):
            return None

    def _load(self, path: str, entry: Entry) -> tuple[Entry, bytes]:
        blob = self._object(entry.token.removesuffix(WITH_CRLF), path)
        self.blobs_read += 1
        if blob.size > self.max_file_size:
            return too_large(blob.size, self.max_file_size), b""
        content: bytes = blob.data
        if entry.token.endswith(WITH_CRLF) and b"\0" not in content:
            content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        return entry, content

    def _may_convert(self, folder: str) -> bool:
        """Does a .gitattributes here or above say anything that changes content?"""
        known = self._converting.get(folder)
        if known is None:
            known = folder != "" and self._may_convert(folder.rpartition("/")[0])
            found = self._item(f"{folder}/.gitattributes" if folder else ".gitattributes")
            if not known and found is not None and found.filemode != FileMode.TREE:
                rules: bytes = found.data
                known = b"crlf" in rules or b"working-tree-encoding" in rules
            self._converting[folder] = known
        return known

    def _converted(self, path: str, blob_id: str) -> Entry:
        def attribute(name: str) -> str | bool | None:
            flags = AttrCheck.INCLUDE_COMMIT | AttrCheck.INDEX_ONLY
            return self._git.get_attr(path, name, flags, self.commit)

        encoding = attribute("working-tree-encoding")
        if isinstance(encoding, str):
            return refusal(
                f"its .gitattributes ask for the encoding {encoding}",
                "remove working-tree-encoding: manifests are UTF-8",
            )
        crlf = attribute("eol") == "crlf" and attribute("text") is not False
        return a_file(blob_id + WITH_CRLF if crlf else blob_id)

    def _names(self, folder: str) -> list[str]:
        return sorted(os.fsdecode(item.raw_name) for item in self._folders[folder])

    def files(self) -> Iterator[str]:
        def walk(tree: Any, prefix: str) -> Iterator[str]:
            for item in tree:
                path = prefix + os.fsdecode(item.raw_name)
                if item.filemode == FileMode.TREE:
                    yield from walk(item, path + "/")
                else:
                    yield path

        return walk(self._folders[""], "")
