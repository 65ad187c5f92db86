"""Where an object was first written: a document of a file, or an entry of a generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.errors import Place
from reconciler.explain.field_places import FieldPlaces, name_of
from reconciler.explain.sources import SourceFiles, pointer
from reconciler.explain.steps import GENERATORS, KustomizationSteps
from reconciler.kubernetes.values import ABSENT, Absent, Value


@dataclass(frozen=True, slots=True)
class Origin:
    """`how` says what wrote it; the place is None where that is not known."""

    how: str
    place: Place | None = None
    file: str = ""
    pointer: str = ""
    document: int = 0


UNKNOWN = Origin("it is not known where this comes from")
Said = Mapping[str, Any]


def find_origin(
    said: Said,
    file: str,
    first: Said,
    sources: SourceFiles,
    kustomizations: Sequence[KustomizationSteps],
) -> Origin:
    """From what Kustomize notes down of an object, and the file that it names, to a place."""
    if "configuredIn" in said:
        configured = said.get("configuredBy")
        kind = configured.get("kind", "") if isinstance(configured, Mapping) else ""
        return _generated(file, str(kind), first, kustomizations)
    if not file:
        return UNKNOWN
    for number, document in enumerate(sources.documents(file)):
        if document.inside:
            continue
        for inside, value in _objects(document.value):
            if name_of(value) == name_of(first):
                return Origin("written", document.place(inside), file, inside, number)
    return Origin("written", Place(file), file)


def _objects(value: Any) -> list[tuple[str, Any]]:
    """The object that a document is, or those that it lists."""
    if not isinstance(value, dict):
        return []
    listed = value.get("items")
    if isinstance(listed, list) and str(value.get("kind", "")).endswith("List"):
        return [(pointer("items", i), v) for i, v in enumerate(listed) if isinstance(v, dict)]
    return [("", value)]


def _generated(
    file: str, kind: str, first: Mapping[str, Any], kustomizations: Sequence[KustomizationSteps]
) -> Origin:
    """Generators give a hash to the name, so the entry's is its beginning."""
    name = str(name_of(first)[1])
    field = kind[:1].lower() + kind[1:]
    how = f"made by {field or 'a generator'}"
    for kustomization in kustomizations:
        if kustomization.file != file or field not in GENERATORS:
            continue
        for index, entry in enumerate(kustomization.value.get(field) or ()):
            if isinstance(entry, dict) and name.startswith(str(entry.get("name"))):
                at = pointer(field, index)
                return Origin(how, kustomization.document.place(at), file, at)
    return Origin(how, Place(file), file)


def in_origin(
    origin: Origin,
    path: Sequence[str],
    sources: SourceFiles,
    kustomizations: Sequence[KustomizationSteps],
    places: FieldPlaces,
) -> tuple[Place | None, Value | Absent]:
    """Where the object's first writing has a field, and what stands there, as far as is known."""
    if origin.pointer.startswith(tuple(map(pointer, GENERATORS))):
        if path[:1] != ("data",) or len(path) < 2:
            return origin.place, ABSENT
        kustomization = next(k for k in kustomizations if k.file == origin.file)
        field, index = origin.pointer.strip("/").split("/")
        entry = kustomization.value[field][int(index)]
        return places.of_key(origin.file, origin.pointer, entry, path[1]), ABSENT
    if origin.place is None or not origin.place.line:
        return None, ABSENT
    document = sources.documents(origin.file)[origin.document]
    value = document.value
    for step in filter(None, origin.pointer.split("/")):
        value = value[int(step)] if isinstance(value, list) else value[step]
    found, at = places.look_up(value, path)
    return (None, ABSENT) if found is ABSENT else (document.place(origin.pointer + at), found)
