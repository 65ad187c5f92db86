"""A snapshot with all its files: what a scan looks at, and what may be read for that."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.paths import is_kustomization
from reconciler.sealing.plaintext.contents import FileContents
from reconciler.sealing.plaintext.words import joined

MAX_LINKS = 40


@dataclass(frozen=True, slots=True)
class SnapshotLayout:
    """The files of a snapshot by their blobs, and its symbolic links by their targets."""

    files: Mapping[str, str]
    links: Mapping[str, str]

    def real(self, path: str) -> str | None:
        """Where a path leads through links; nowhere, if that is outside of the repository."""
        return self.trail(path)[-1]

    def trail(self, path: str) -> list[str | None]:
        """A path, the links on its way and what it is called behind each."""
        found: list[str | None] = [path]
        for _ in range(MAX_LINKS if self.links else 0):
            link = next((at for at in _from_the_top(path) if at in self.links), None)
            if link is None:
                return found
            rest = path[len(link) + 1 :]
            beyond = joined(posixpath.dirname(link), posixpath.join(self.links[link], rest))
            found += [link, beyond]
            if beyond is None:
                return found
            path = beyond
        return found

    def kustomizations(self) -> dict[str, str]:
        """By path and blob, those that are links too."""
        found = {path: blob for path, blob in self.files.items() if is_kustomization(path)}
        for link in filter(is_kustomization, self.links):
            real = self.real(link)
            if real is not None and real in self.files:
                found[link] = self.files[real]
        return found


@dataclass(frozen=True, slots=True)
class SnapshotFiles:
    """The index or a commit, and the paths of it that count as changed."""

    commit: str
    layout: SnapshotLayout
    touched: frozenset[str]
    contents: FileContents

    def files(self, paths: Iterable[str]) -> dict[str, str]:
        """Those of these paths that lead to files, what is changed first."""
        real = {at for path in paths if (at := self.layout.real(path)) in self.layout.files}
        found = sorted((at not in self.touched, at) for at in real if at is not None)
        return {at: self.layout.files[at] for _, at in found}


def _from_the_top(path: str) -> Iterator[str]:
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)
    yield path
