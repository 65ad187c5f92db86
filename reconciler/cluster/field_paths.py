"""Fields by their path as an API server writes it, in an object that is to be applied."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

KEYS = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^,\]]+)(?:,|$)')


def without(body: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """A copy that does not say these fields; what is not there is passed over."""
    kept: dict[str, Any] = copy.deepcopy(dict(body))
    for path in paths:
        _remove(kept, path)
    return kept


def _remove(value: Any, path: str) -> bool:
    if path.startswith(".") and isinstance(value, dict):
        # The server does not quote names, and those of labels have dots: each way is tried.
        fitting = (name for name in value if path.startswith(f".{name}"))
        return any(_at(value, name, path[len(name) + 1 :]) for name in sorted(fitting, key=len))
    if path.startswith("[") and isinstance(value, list):
        end = _end(path)
        inside, rest = path[1:end], path[end + 1 :]
        meant = (i for i, item in enumerate(value) if _is_meant(item, i, inside))
        return any(_at(value, i, rest) for i in meant)
    return False


def _at(value: Any, step: str | int, rest: str) -> bool:
    """Whether something is taken out."""
    if rest:
        return rest[0] in ".[" and _remove(value[step], rest)
    del value[step]
    return True


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
    return isinstance(item, dict) and all(
        item.get(key, value if key == "protocol" else None) == value
        for key, value in wanted.items()
    )


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
