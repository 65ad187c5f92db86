"""What a kustomization does to objects, one step at a time, and the kustomization without some."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from posixpath import dirname, join, normpath
from typing import Any
from zlib import crc32

from reconciler.errors import Place
from reconciler.explain.sources import SourceDocument, pointer

# The fields that change objects, in the order in which Kustomize goes through them.
FIELDS = (
    "generatorOptions",
    "patchesStrategicMerge",
    "patches",
    "namespace",
    "namePrefix",
    "nameSuffix",
    "labels",
    "commonLabels",
    "commonAnnotations",
    "patchesJson6902",
    "replicas",
    "imageTags",
    "images",
    "replacements",
    "transformers",
    "vars",
)
GENERATORS = ("configMapGenerator", "secretGenerator")
CHILDREN = ("resources", "bases", "components")

# These say nothing of objects, or could stop a build in which steps are left out.
DROPPED = ("validators", "sortOptions", "buildMetadata")

# What is left out of a name leaves this in it: names that only it tells apart must not meet.
MARK = "rcnz0q"
MARKED = re.compile(rf"-{MARK}\d+x|{MARK}\d+x-".encode())
NAMES = {"nameSuffix": "-{}", "namePrefix": "{}-"}


@dataclass(frozen=True, slots=True)
class KustomizationStep:
    """A field of a kustomization, or one entry of it."""

    file: str
    field: str
    index: int | None
    place: Place

    @property
    def pointer(self) -> str:
        return pointer(self.field) if self.index is None else pointer(self.field, self.index)

    @property
    def mark(self) -> str:
        return f"{MARK}{crc32(f'{self.file} {self.pointer}'.encode())}x"

    def __str__(self) -> str:
        return self.field if self.index is None else f"{self.field}[{self.index}]"


class KustomizationSteps:
    """One file of this kind, as a value."""

    def __init__(self, file: str, document: SourceDocument) -> None:
        self.file = file
        self.document = document
        self.value: dict[str, Any] = document.value if isinstance(document.value, dict) else {}
        self.steps = tuple(self._find_steps())

    def children(self) -> Iterator[str]:
        """The paths that it names as resources and components."""
        for field in CHILDREN:
            for name in self._list(field):
                if isinstance(name, str) and "://" not in name:
                    yield normpath(join(dirname(self.file), name))

    def without(
        self, dropped: Collection[KustomizationStep], *, hashes: bool = False, **more: Any
    ) -> bytes:
        """The file with these steps left out, and unless asked for without hashes in names."""
        gone = {(s.field, s.index): s for s in dropped if s.file == self.file}
        found: dict[str, Any] = {}
        for field, value in self.value.items():
            if field in NAMES and (field, None) in gone:
                found[field] = NAMES[field].format(gone[field, None].mark)
            elif isinstance(value, list):
                found[field] = [v for i, v in enumerate(value) if (field, i) not in gone]
            elif (field, None) not in gone:
                found[field] = value
        options = found.get("generatorOptions") or {}
        found["generatorOptions"] = options if hashes else options | {"disableNameSuffixHash": True}
        kept = {k: v for k, v in found.items() if k not in DROPPED and v not in ([], None)}
        return json.dumps(kept | more).encode()

    def _find_steps(self) -> Iterator[KustomizationStep]:
        for field, index in self._fields():
            at = pointer(field) if index is None else pointer(field, index)
            yield KustomizationStep(self.file, field, index, self.document.place(at))

    def _fields(self) -> Iterator[tuple[str, int | None]]:
        for field in GENERATORS:
            for index, entry in enumerate(self._list(field)):
                # One that makes an object is where it begins, and stays.
                if isinstance(entry, dict) and entry.get("behavior") in ("merge", "replace"):
                    yield field, index
        for field in FIELDS:
            value = self.value.get(field)
            if isinstance(value, list):
                yield from ((field, index) for index in range(len(value)))
            elif value not in (None, "", {}):
                yield field, None

    def _list(self, field: str) -> list[Any]:
        value = self.value.get(field)
        return value if isinstance(value, list) else []
