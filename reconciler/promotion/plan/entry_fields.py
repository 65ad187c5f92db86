"""An entry as fields that a promotion can copy, each with an address: images[paw].newTag"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.errors import FleetError, Place
from reconciler.model.kustomization import BaseReference
from reconciler.model.release import Pin, is_remote, pin_of
from reconciler.yaml.read import Document, read_documents

BASES = ("resources", "components", "bases")
REF = "ref"

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class EntryField:
    """One of a list, by its name: of an image, of a generator, the key of a literal, …"""

    name: str

    def __str__(self) -> str:
        return f"[{self.name}]"


@dataclass(frozen=True, slots=True)
class FieldAddress:
    """Where a field is, by names and not by position."""

    steps: tuple[str | EntryField, ...]

    def __str__(self) -> str:
        text = "".join(f".{step}" if isinstance(step, str) else str(step) for step in self.steps)
        return text.removeprefix(".")

    @property
    def is_ref(self) -> bool:
        return self.steps[0] in BASES

    @property
    def names_release(self) -> bool:
        """Is it a pinned commit or an image: what tells one release from another?"""
        return self.is_ref or self.steps[0] == "images"


@dataclass(frozen=True, slots=True)
class EntryFields:
    """The fields of one entry; the values of lists without names count as one."""

    document: Document | None
    values: Mapping[FieldAddress, Any]
    paths: Mapping[FieldAddress, Path] = field(repr=False)
    pins: Mapping[FieldAddress, Pin]

    def place(self, address: FieldAddress) -> Place | None:
        if self.document is None or address not in self.paths:
            return None
        return self.document.place(*self.paths[address])


def read_fields(content: bytes, file: str) -> EntryFields:
    found = read_documents(content, file)
    if len(found) > 1:
        raise FleetError(
            "a kustomization is one document", where=found[1].place(), hint="keep one of them"
        )
    document = found[0] if found else None
    if document and not isinstance(document.value, dict):
        raise FleetError("a kustomization is a mapping", where=document.place())
    values: dict[FieldAddress, Any] = {}
    paths: dict[FieldAddress, Path] = {}
    pins: dict[FieldAddress, Pin] = {}
    for steps, path, value in _leaves((), (), document.value if document else {}):
        address = FieldAddress(steps)
        if address in values and document:
            raise FleetError(
                f"{address} is here twice", where=document.place(*path), hint="keep one of them"
            )
        if address.is_ref and document:
            pins[address] = pin_of(BaseReference(value, document.place(*path)))
            value = pins[address].ref
        values[address], paths[address] = value, path
    return EntryFields(document, values, paths, pins)


def _leaves(
    steps: tuple[str | EntryField, ...], path: Path, value: Any
) -> Iterator[tuple[tuple[str | EntryField, ...], Path, Any]]:
    if isinstance(value, dict) and (value or not steps):
        for key, inner in value.items():
            if not (key == "name" and steps and isinstance(steps[-1], EntryField)):
                yield from _leaves((*steps, key), (*path, key), inner)
    elif isinstance(value, list) and steps[-1] in BASES and len(steps) == 1:
        for i, item in enumerate(value):
            if isinstance(item, str) and is_remote(item):
                pin = pin_of(BaseReference(item, Place("")))
                yield (*steps, EntryField(pin.path or pin.repository), REF), (*path, i), item
    elif isinstance(value, list) and steps[-1] == "literals" and _are_literals(value):
        for i, item in enumerate(value):
            key, _, text = item.partition("=")
            yield (*steps, EntryField(key)), (*path, i), text
    elif isinstance(value, list) and _are_named(value):
        for i, item in enumerate(value):
            yield from _leaves((*steps, EntryField(item["name"])), (*path, i), item)
    else:
        yield steps, path, value


def _are_literals(value: Sequence[Any]) -> bool:
    keys = [item.partition("=")[0] for item in value if isinstance(item, str) and "=" in item]
    return len(keys) == len(value) == len(set(keys))


def _are_named(value: Sequence[Any]) -> bool:
    """Has each item a name of its own?"""
    names = [item["name"] for item in value if isinstance(item, dict) and _has_name(item)]
    return len(names) == len(value) == len(set(names)) and bool(value)


def _has_name(item: Mapping[str, Any]) -> bool:
    return isinstance(item.get("name"), str)
