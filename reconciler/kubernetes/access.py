"""Safe ways into data that may be broken in every way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Data = Mapping[str, Any]


def dig(data: Any, *keys: str) -> Any:
    """What is at the end of a path of keys, or None."""
    for key in keys:
        if not isinstance(data, dict):
            return None
        data = data.get(key)
    return data


def text(data: Any, *keys: str) -> str:
    found = dig(data, *keys)
    return found if isinstance(found, str) else ""


def number(data: Any, *keys: str) -> int | None:
    found = dig(data, *keys)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def mapping(data: Any, *keys: str) -> Data:
    found = dig(data, *keys)
    return found if isinstance(found, dict) else {}


def items(data: Any, *keys: str) -> Iterator[tuple[int, Data]]:
    """The mappings of a list, each with its number."""
    found = dig(data, *keys)
    if isinstance(found, list):
        for i, item in enumerate(found):
            if isinstance(item, dict):
                yield i, item


def labels_of(data: Any) -> dict[str, str]:
    found = mapping(data, "metadata", "labels")
    return {k: v for k, v in found.items() if isinstance(v, str)}
