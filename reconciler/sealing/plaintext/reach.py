"""Which kustomizations may look at a file, and which files one may look at: rather too many.

Only rendering tells exactly; this says what need not be rendered. A test holds it against what
renders look at.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping

from reconciler.model.paths import KUSTOMIZATION_NAMES, is_kustomization
from reconciler.sealing.plaintext.contents import FileContents
from reconciler.sealing.plaintext.snapshot_files import SnapshotLayout
from reconciler.sealing.plaintext.words import is_a_word, longest_word


class Reach:
    """Of one snapshot. A kustomization is known by its path, and a render by its folder."""

    def __init__(
        self, layout: SnapshotLayout, kustomizations: Mapping[str, str], contents: FileContents
    ) -> None:
        self._layout = layout
        self._kustomizations = kustomizations
        self._blobs = frozenset(kustomizations.values())
        self._contents = contents
        contents.read(self._blobs)
        self._several = list(self._of_several_words())
        self._named = {file: self._in(file, blob) for file, blob in kustomizations.items()}
        for file, blob in kustomizations.items():
            words = contents.words(blob)
            if words and words.configured:
                self._named[file] |= self._configured(file)
        self._users: dict[str, set[str]] = {}
        for file, paths in self._named.items():
            for path in (file, *paths):
                for at in layout.trail(path):
                    if at is not None:
                        self._users.setdefault(at, set()).add(file)

    def affected(self, touched: Iterable[str]) -> list[str]:
        """The folders of which the render may look at one of these paths."""
        waiting = list(touched)
        seen = set(waiting)
        found = set()
        while waiting:
            path = waiting.pop()
            further: set[str] = set()
            if is_kustomization(path):
                folder = posixpath.dirname(path)
                further.add(folder)
                if not self._kustomizations.keys().isdisjoint(_kustomizations_in(folder)):
                    found.add(folder)
            further.update(self._users.get(path, ()))
            waiting += further - seen
            seen |= further
        return sorted(found)

    def files(self, folder: str) -> set[str]:
        """The files that the render of a folder may look at."""
        found: set[str] = set()
        waiting = [folder]
        seen = set(waiting)
        while waiting:
            real = self._layout.real(waiting.pop())
            if real is None:
                continue
            further: set[str] = set()
            if real in self._layout.files:
                found.add(real)
            for file in _kustomizations_in(real):
                if file in self._kustomizations:
                    further |= {file, *self._named[file]}
            waiting += further - seen
            seen |= further
        return found

    def may_make_secrets(self, folder: str) -> bool:
        """Is there a Secret, or what could become one, in what its render may look at?"""
        blobs = {self._layout.files[file] for file in self.files(folder)}
        self._contents.read(blobs)
        for blob in blobs:
            words = self._contents.words(blob)
            if words is None or words.secret or (words.composing and blob in self._blobs):
                return True
        return False

    def _in(self, file: str, blob: str) -> frozenset[str]:
        """What a text may name, of the kustomization of this name."""
        words = self._contents.words(blob)
        if words and words.binary:
            return frozenset(self._layout.files)
        text = words.text if words else ""
        others = {path for path, word in self._several if word in text}
        return self._contents.paths(file, blob) | others

    def _of_several_words(self) -> Iterator[tuple[str, str]]:
        """Paths that no single word of a text is, and a word that surely is in it."""
        folders = map(posixpath.dirname, self._kustomizations)
        for path in {*self._layout.files, *self._layout.links, *folders}:
            if not is_a_word(path):
                yield path, longest_word(path)

    def _configured(self, file: str) -> frozenset[str]:
        """What is named by files that configure generators and transformers of a kustomization."""
        found: set[str] = set()
        waiting, seen = set(self._named[file]), set[str]()
        while waiting:
            seen |= waiting
            real = {at for path in waiting if (at := self._layout.real(path)) is not None}
            blobs = {self._layout.files[at] for at in real if at in self._layout.files}
            self._contents.read(blobs)
            for blob in blobs:
                found |= self._in(file, blob)
            inside = {k for at in real for k in _kustomizations_in(at)} & self._named.keys()
            waiting = inside.union(*(self._named[k] for k in inside)) - seen
        return frozenset(found)


def _kustomizations_in(folder: str) -> Iterator[str]:
    for name in KUSTOMIZATION_NAMES:
        yield posixpath.join(folder, name)
