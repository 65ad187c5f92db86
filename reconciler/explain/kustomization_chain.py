"""The kustomizations of an app, those in pinned commits too, in the order in which they work."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from posixpath import basename, join

from reconciler.explain.sources import SourceFiles
from reconciler.explain.steps import KustomizationSteps
from reconciler.model.paths import KUSTOMIZATION_NAMES
from reconciler.trees.pins import RepositoryReference, is_reference
from reconciler.trees.tree import FILE, LINK, Tree


class KustomizationChain:
    """Each kustomization comes after all that it builds on; the app's own is the last."""

    def __init__(self, sources: SourceFiles, top: str, paths: Sequence[str]) -> None:
        self._sources = sources
        self._commits: dict[tuple[str, str], str] = {}
        self._pinned: dict[str, list[str]] = {}
        for path in filter(is_reference, paths):
            self._follow(RepositoryReference(path), sources.tree.look(path).target)
        self._read: dict[str, KustomizationSteps] = {}
        self._children: dict[str, list[str]] = {}
        own = _kustomization_in(sources.tree, top) or ""
        looked_at = [p for p in paths if basename(p) in KUSTOMIZATION_NAMES and "//" not in p]
        for file in [own, *looked_at]:
            self._discover(file)
        inner = {child for some in self._children.values() for child in some}
        self._ordered: dict[str, KustomizationSteps] = {}
        # One that no path leads to is behind a symbolic link, and comes before all others.
        for file in sorted(self._read, key=lambda f: (f in inner, f == own)):
            self._put(file, set())
        self.kustomizations = tuple(self._ordered.values())

    def commit(self, repository: str, ref: str) -> str | None:
        """Where the files of a repository are, as Kustomize notes it down."""
        return self._commits.get((repository, ref))

    def _follow(self, reference: RepositoryReference, commit: str) -> None:
        self._commits[reference.repository, reference.ref] = commit
        folder = join(f"//{commit}", reference.folder).rstrip("/")
        self._pinned.setdefault(reference.file, []).append(folder)

    def _discover(self, file: str) -> None:
        documents = [] if file in self._read else self._sources.documents(file)
        if not documents:
            return
        self._read[file] = found = KustomizationSteps(file, documents[0])
        self._children[file] = list(self._below(found))
        for child in self._children[file]:
            self._discover(child)

    def _below(self, found: KustomizationSteps) -> Iterator[str]:
        for folder in (*found.children(), *self._pinned.get(found.file, ())):
            if child := _kustomization_in(self._sources.tree, folder):
                yield child

    def _put(self, file: str, above: set[str]) -> None:
        if file in self._ordered or file in above:
            return
        for child in self._children[file]:
            self._put(child, above | {file})
        self._ordered[file] = self._read[file]


def _kustomization_in(tree: Tree, folder: str) -> str | None:
    for name in KUSTOMIZATION_NAMES:
        file = join(folder, name)
        if tree.look(file).kind in (FILE, LINK) and tree.fetch(file)[0].kind == FILE:
            return file
    return None
