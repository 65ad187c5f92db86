"""What the schema inside of the kernel says of lists and quantities."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

METADATA = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

# Where the schema is silent, fields of these names hold amounts.
AMOUNTS = frozenset({"cpu", "memory", "storage", "ephemeral-storage", "sizeLimit", "divisor"})
HOLD_AMOUNTS = frozenset({"requests", "limits", "capacity", "hard", "overhead"})


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of the values at one place."""

    type: str = ""  # of a value, of each item of a list, or of each value of a mapping
    keys: tuple[str, ...] = ()  # these fields tell the items of a list apart
    set: bool = False  # a list whose order means nothing
    mapping: bool = False
    quantity: bool = False
    known: bool = False  # is it part of the schema at all?


UNKNOWN = Shape()


class Structure:
    """The schema's types, looked into from an object's kind downwards."""

    def __init__(self, kinds: Mapping[str, str], types: Mapping[str, Mapping[str, Any]]) -> None:
        self._kinds = kinds
        self._types = types
        self._shapes: dict[tuple[str, str], Shape] = {}
        self._latest = {_without_version(kind): name for kind, name in sorted(kinds.items())}

    def of(self, api_version: str, kind: str) -> Shape:
        """An object of this kind; one of a version that the schema lacks is like another."""
        full = f"{api_version}/{kind}"
        name = self._kinds.get(full) or self._latest.get(_without_version(full), "")
        return Shape(type=name, known=bool(name))

    def field(self, shape: Shape, name: str) -> Shape:
        if shape.mapping:
            return Shape(type=shape.type, quantity=shape.quantity, known=True)
        fields = self._types.get(shape.type)
        if fields is None:
            return _guess(shape, name)
        key = (shape.type, name)
        found = self._shapes.get(key)
        if found is None:
            found = self._shapes[key] = _shape(fields.get(name, {}))
        return found

    def item(self, shape: Shape) -> Shape:
        return Shape(type=shape.type, quantity=shape.quantity, known=shape.known)


def _shape(found: Mapping[str, Any]) -> Shape:
    return Shape(
        type=found.get("type", ""),
        keys=tuple(found.get("keys", ())),
        set=found.get("set", False),
        mapping=found.get("mapping", False),
        quantity=found.get("quantity", False),
        known=True,
    )


def _guess(above: Shape, name: str) -> Shape:
    if above.known:
        return Shape(known=True)
    if name == "metadata":
        return Shape(type=METADATA, known=True)
    return Shape(mapping=name in HOLD_AMOUNTS, quantity=name in HOLD_AMOUNTS or name in AMOUNTS)


def _without_version(kind: str) -> str:
    version, _, name = kind.rpartition("/")
    return f"{version.rpartition('/')[0]}/{name}"


def read_structure(text: bytes) -> Structure:
    found = json.loads(text)
    return Structure(found["kinds"], found["types"])
