"""Fields by their path as an API server writes it, in an object."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.kubernetes.values import ABSENT

KEYS = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^,\]]+)(?:,|$)')


def without(body: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """A copy that does not say these fields; what is not there is passed over."""
    kept: dict[str, Any] = copy.deepcopy(dict(body))
    for path in paths:
        if way := way_to(kept, path):
            del _down(kept, way[:-1])[way[-1]]
    return kept


def value_at(body: Mapping[str, Any], path: str) -> Any:
    """What a field holds; ABSENT where there is none."""
    way = way_to(body, path)
    return _down(body, way) if way else ABSENT


def way_to(value: Any, path: str) -> tuple[str | int, ...] | None:
    """Names and numbers that lead to the field; None where there is none."""
    if path.startswith(".") and isinstance(value, Mapping):
        # The server does not quote names, and those of labels have dots: each way is tried.
        fitting = (name for name in value if path.startswith(f".{name}"))
        ways = (_below(value, name, path[len(name) + 1 :]) for name in sorted(fitting, key=len))
        return next(filter(None, ways), None)
    if path.startswith("[") and isinstance(value, (list, tuple)):
        end = _end(path)
        inside, rest = path[1:end], path[end + 1 :]
        meant = (i for i, item in enumerate(value) if _is_meant(item, i, inside))
        return next(filter(None, (_below(value, i, rest) for i in meant)), None)
    return None


def _below(value: Any, step: str | int, rest: str) -> tuple[str | int, ...] | None:
    if not rest:
        return (step,)
    further = way_to(value[step], rest) if rest[0] in ".[" else None
    return (step, *further) if further else None


def _down(value: Any, way: Sequence[str | int]) -> Any:
    for step in way:
        value = value[step]
    return value


def _end(path: str) -> int:
    """Of the first bracket; what is quoted may hold others."""
    quoted = escaped = False
    for i, character in enumerate(path):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == "]" and not quoted:
            return i
    return len(path)


def _is_meant(item: Any, number: int, inside: str) -> bool:
    if inside.isdigit():
        return number == int(inside)
    if inside.startswith("="):
        return bool(item == _read(inside[1:]))
    wanted = {key: _read(text) for key, text in KEYS.findall(inside)}
    return isinstance(item, Mapping) and all(
        item.get(key, value if key == "protocol" else None) == value
        for key, value in wanted.items()
    )


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
