"""The YAML that a render read, with the place of each part of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.errors import Place
from reconciler.render.kernel_process import Kernel
from reconciler.trees.tree import Tree


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One YAML document of a file, or one written as text inside of another."""

    file: str
    inside: str  # the pointer of that text
    value: Any
    places: Mapping[str, tuple[int, int]]

    def place(self, pointer: str = "") -> Place:
        """Where this part stands, or the nearest one around it that has a place."""
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return Place(self.file, *self.places.get(pointer, (0, 0)))


class SourceFiles:
    """Documents by file, each read once."""

    def __init__(self, kernel: Kernel, tree: Tree) -> None:
        self.tree = tree
        self._kernel = kernel
        self._read: dict[str, list[SourceDocument]] = {}

    def documents(self, file: str) -> list[SourceDocument]:
        if file not in self._read:
            content = self.tree.fetch(file)[1]
            found = json.loads(self._kernel.documents(content)) if content else []
            self._read[file] = [
                SourceDocument(
                    file, d["in"], d["value"], {k: (v[0], v[1]) for k, v in d["places"].items()}
                )
                for d in found
            ]
        return self._read[file]

    def of_text(self, file: str, pointer: str) -> Iterator[SourceDocument]:
        """The documents that are written in one text of a file's first document."""
        for number, document in enumerate(self.documents(file)):
            if number and not document.inside:
                return
            if document.inside == pointer:
                yield document


def pointer(*parts: str | int) -> str:
    """A JSON pointer."""
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in parts)
