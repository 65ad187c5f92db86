"""Commits that GitHub makes, and so signs, for those who have no key of their own."""

from __future__ import annotations

import pygit2

from reconciler.forges.github import GitHub
from reconciler.git.commit_builder import CommitBuilder, NewFile
from reconciler.git.remote import Remote


class SignedCommitBuilder(CommitBuilder):
    """What no branch takes is forgotten, there as here."""

    def __init__(self, root: str, forge: GitHub, remote: Remote) -> None:
        super().__init__(root)
        self._forge = forge
        self._remote = remote

    def make(self, tree: pygit2.Oid, parents: list[str], message: str) -> str:
        base = self.commit(parents[0]).tree
        files = self._files(base, tree)
        made = self._forge.commit(str(base.id), files, str(tree), parents, message)
        self._remote.fetch_commit(made)
        return made

    def _files(self, base: pygit2.Tree, tree: pygit2.Oid) -> list[NewFile]:
        made = self.git[tree].peel(pygit2.Tree)
        files = (delta.new_file for delta in base.diff_to_tree(made).deltas)
        return [
            NewFile(file.path, f"{file.mode:06o}", self.git[file.id].peel(pygit2.Blob).data)
            for file in files
        ]
