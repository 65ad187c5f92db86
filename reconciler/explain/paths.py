"""Fields by the names that people write: spec.containers[web].image"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from reconciler.compare.lists import label
from reconciler.errors import UsageError
from reconciler.kubernetes.structure import Shape, Structure
from reconciler.kubernetes.values import ABSENT, Absent, Value

STEP = re.compile(r"""\.?([\w$/-]+)|\.?\[("[^"]*"|'[^']*'|[^\]]*)\]""")

# Without the schema's word: fields that tell items of a list apart more often than not.
TELLING = ("name", "containerPort", "port", "mountPath", "key", "ip", "host", "path", "type")


def parse(text: str) -> tuple[str, ...]:
    """The steps of a path; annotations and other names with dots go into brackets."""
    steps: list[str] = []
    at = 0
    while at < len(text):
        match = STEP.match(text, at)
        if match is None:
            raise UsageError(
                f"{text} is not a path to a field, from {text[at:]!r} on",
                hint='write spec.containers[web].image, or metadata.annotations["a.b/c"]',
            )
        steps.append(match[1] if match[1] is not None else match[2].strip("\"'"))
        at = match.end()
    return tuple(steps)


def look_up(
    value: Value, steps: Sequence[str], structure: Structure, shape: Shape
) -> tuple[Value | Absent, tuple[str | int, ...]]:
    """The value at the end of a path, and the path with the positions of items."""
    at: list[str | int] = []
    for step in steps:
        if isinstance(value, Mapping) and step in value:
            value, shape = value[step], structure.field(shape, step)
            at.append(step)
        elif isinstance(value, tuple):
            position = _position(value, step, shape)
            if position is None:
                return ABSENT, tuple(at)
            value, shape = value[position], structure.item(shape)
            at.append(position)
        else:
            return ABSENT, tuple(at)
    return value, tuple(at)


def by_keys(
    found: Mapping[str, Value], steps: Sequence[str], structure: Structure
) -> tuple[list[str], list[str | int], Value | Absent]:
    """A path with items by number as one by their keys, as far as it leads, and what is there."""
    value: Value = found
    shape = structure.of(str(found.get("apiVersion")), str(found.get("kind")))
    named: list[str] = []
    at: list[str | int] = []
    for step in steps:
        if isinstance(value, Mapping) and step in value:
            value, shape = value[step], structure.field(shape, step)
            named.append(step)
            at.append(step)
        elif isinstance(value, tuple) and step.isdigit() and int(step) < len(value):
            position = int(step)
            value = value[position]
            told = isinstance(value, Mapping) and all(key in value for key in shape.keys)
            named.append(label(value, shape.keys) if told and shape.keys else step)
            at.append(position)
            shape = structure.item(shape)
        else:
            return named, at, value
    return named, at, value


def _position(items: tuple[Value, ...], step: str, shape: Shape) -> int | None:
    """An item by its keys, by another field that tells it apart, by itself, or by number."""
    for position, item in enumerate(items):
        if isinstance(item, Mapping) and shape.keys and label(item, shape.keys) == step:
            return position
    for field in TELLING:
        for position, item in enumerate(items):
            if isinstance(item, Mapping) and str(item.get(field)) == step:
                return position
    for position, item in enumerate(items):
        if isinstance(item, str) and item == step:
            return position
    return int(step) if step.isdigit() and int(step) < len(items) else None
