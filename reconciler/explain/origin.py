"""Where an object was first written: a document of a file, or an entry of a generator."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from posixpath import join, normpath
from typing import Any

from reconciler.compare.outline import cut
from reconciler.compare.values import ABSENT, Absent, Value
from reconciler.errors import Place
from reconciler.explain.places import Places, name_of
from reconciler.explain.sources import Sources, pointer
from reconciler.explain.steps import GENERATORS, Kustomization


@dataclass(frozen=True, slots=True)
class Origin:
    """`how` says what wrote it; the place is None where that is not known."""

    how: str
    place: Place | None = None
    file: str = ""
    pointer: str = ""
    document: int = 0


UNKNOWN = Origin("it is not known where this comes from")


def find_origin(
    said: str,
    folder: str,
    first: Mapping[str, Any],
    sources: Sources,
    kustomizations: Sequence[Kustomization],
    commits: Mapping[str, str],
) -> Origin:
    """From what Kustomize's annotation says to a place; `commits` are those of the pins' refs."""
    fields = dict(re.findall(r"^\s*(\w+): (.+)$", said, re.MULTILINE))
    if "repo" in fields:
        at = f"{fields.get('path', '')} at {fields.get('ref', 'its default branch')}"
        how = cut(f"written in {fields['repo']}, {at}")
        commit = commits.get(fields.get("ref", ""))
        if commit and "path" in fields:
            return _in_file(f"//{commit}/{fields['path']}", how, first, sources)
        return Origin(how)
    if "configuredIn" in fields:
        file = normpath(join(folder, fields["configuredIn"]))
        return _generated(file, fields.get("kind", ""), first, kustomizations)
    if "path" not in fields:
        return UNKNOWN
    return _in_file(normpath(join(folder, fields["path"])), "written", first, sources)


def _in_file(file: str, how: str, first: Mapping[str, Any], sources: Sources) -> Origin:
    """The document of a file that holds an object."""
    for number, document in enumerate(sources.documents(file)):
        if document.inside:
            continue
        for inside, value in _objects(document.value):
            if name_of(value) == name_of(first):
                return Origin(how, document.place(inside), file, inside, number)
    return Origin(how, Place(file), file)


def _objects(value: Any) -> list[tuple[str, Any]]:
    """The object that a document is, or those that it lists."""
    if not isinstance(value, dict):
        return []
    listed = value.get("items")
    if isinstance(listed, list) and str(value.get("kind", "")).endswith("List"):
        return [(pointer("items", i), v) for i, v in enumerate(listed) if isinstance(v, dict)]
    return [("", value)]


def _generated(
    file: str, kind: str, first: Mapping[str, Any], kustomizations: Sequence[Kustomization]
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
    sources: Sources,
    kustomizations: Sequence[Kustomization],
    places: Places,
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
