"""JSON values as they are compared: immutable, and with nothing secret in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias


@dataclass(frozen=True, slots=True)
class HiddenValue:
    """Stands where a secret value stood. Marks are equal where the values were."""

    mark: int

    def __str__(self) -> str:
        return "(hidden)"


class Absent(Enum):
    """Where there is no value: JSON's null is one."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT

# Mappings are read-only and lists are tuples; reading makes them so.
Value: TypeAlias = (
    "Mapping[str, Value] | tuple[Value, ...] | str | int | float | bool | HiddenValue | None"
)


def same(a: Value | Absent, b: Value | Absent) -> bool:
    """Equal in type, too: 1, 1.0, "1" and true are four values."""
    if isinstance(a, Mapping):
        return (
            isinstance(b, Mapping)
            and a.keys() == b.keys()
            and all(same(value, b[key]) for key, value in a.items())
        )
    if isinstance(a, tuple):
        return (
            isinstance(b, tuple)
            and len(a) == len(b)
            and all(same(x, y) for x, y in zip(a, b, strict=True))
        )
    return type(a) is type(b) and a == b


def token(value: Value) -> str:
    """One line of text that equal values share, and others don't."""
    return json.dumps(value, default=_plain, sort_keys=True)


def plain(value: Value | Absent) -> Any:
    """A value as the standard library knows it, with a word in the place of what is hidden."""
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, HiddenValue) else value


def hides(value: Value | Absent) -> bool:
    """Is something in it hidden?"""
    if isinstance(value, Mapping):
        return any(map(hides, value.values()))
    if isinstance(value, tuple):
        return any(map(hides, value))
    return isinstance(value, HiddenValue)


def kind_of(value: Value | Absent) -> str:
    """What a reader calls it."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case tuple():
            return "list"
        case HiddenValue():
            return "hidden"
        case Absent.ABSENT:
            return "nothing"
        case _:
            return "mapping"


def _plain(value: object) -> object:
    if isinstance(value, HiddenValue):
        return {"\0hidden": value.mark}
    assert isinstance(value, Mapping)  # noqa: S101
    return dict(value)
