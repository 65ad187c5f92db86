"""What a repository's files hold, each content looked at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import dirname

from reconciler.git.snapshots import Snapshots
from reconciler.model.paths import is_kustomization
from reconciler.model.plaintext import PlaintextRules
from reconciler.sealing.plaintext.detect import everything_in
from reconciler.sealing.plaintext.found import Plaintext
from reconciler.sealing.plaintext.generators import SecretSource, sources_in
from reconciler.sealing.plaintext.words import Words, joined, words_of
from reconciler.sealing.plaintext.yaml_nodes import text_of


@dataclass(frozen=True, slots=True)
class FileContent:
    """What one file held once: all that is in the clear there, allowed or not."""

    found: tuple[Plaintext, ...]
    sources: tuple[SecretSource, ...]
    anything: bool


class FileContents:
    """Of one repository; the texts themselves are not kept but for kustomizations'."""

    def __init__(self, snapshots: Snapshots, rules: PlaintextRules) -> None:
        self._snapshots = snapshots
        self._rules = rules
        self._known: dict[tuple[str, str], FileContent] = {}
        self._words: dict[str, Words | None] = {}
        self._paths: dict[tuple[str, str], frozenset[str]] = {}

    def look_into(self, files: Mapping[str, str]) -> None:
        """Read what is new of these files, in as few steps as possible."""
        fresh: dict[str, list[str]] = {}
        for file, blob in files.items():
            if (file, blob) not in self._known:
                fresh.setdefault(blob, []).append(file)
        for blob, content in self.texts(fresh):
            for file in fresh[blob]:
                self._known[file, blob] = _content(file, content, self._rules)
                if is_kustomization(file):
                    self._words[blob] = _words(content)

    def of(self, file: str, blob: str) -> FileContent:
        if (file, blob) not in self._known:
            self.look_into({file: blob})
        return self._known[file, blob]

    def read(self, blobs: Iterable[str]) -> None:
        """Find the words of these contents, in as few steps as possible."""
        for blob, content in self.texts(blob for blob in blobs if blob not in self._words):
            self._words[blob] = _words(content)

    def words(self, blob: str) -> Words | None:
        """None of what is too large to be looked at."""
        return self._words[blob]

    def paths(self, file: str, blob: str) -> frozenset[str]:
        """What the words of a content may mean to the kustomization of this name."""
        if (file, blob) not in self._paths:
            words = self._words[blob]
            folder = dirname(file)
            found = (joined(folder, word) for word in words.paths) if words else ()
            self._paths[file, blob] = frozenset(path for path in found if path is not None)
        return self._paths[file, blob]

    def texts(self, blobs: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
        wanted = list(blobs)
        return self._snapshots.read(wanted) if wanted else iter(())


def _words(content: bytes | None) -> Words | None:
    return None if content is None else words_of(text_of(content))


def _content(file: str, content: bytes | None, rules: PlaintextRules) -> FileContent:
    sources: tuple[SecretSource, ...] = ()
    if content and is_kustomization(file):
        sources = tuple(sources_in(file, content))
    anything = content is None or bool(content.strip())
    return FileContent(tuple(everything_in(file, content, rules)), sources, anything)
