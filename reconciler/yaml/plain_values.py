"""Two values of a document side by side: what is the same, and which item became which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def same(old: Any, new: Any) -> bool:
    """Python takes 1 for true, a manifest does not."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return old.keys() == new.keys() and all(same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    return type(old) is type(new) and bool(old == new)


def item_name(item: Any) -> str:
    """What tells an item from the others: its name, or what is before the = of a literal."""
    if isinstance(item, Mapping) and isinstance(item.get("name"), str):
        return str(item["name"])
    return item.partition("=")[0] if isinstance(item, str) else repr(item)


def in_place(old: list[Any], new: list[Any]) -> bool:
    """Is each item where it was, whatever else became of it?"""
    was, now = ([item_name(item) for item in items] for items in (old, new))
    if len(was) != len(now):
        return False
    moved = [(a, b) for a, b in zip(was, now, strict=True) if a != b]
    both = set(was) & set(now)
    return len(moved) < 2 or not any(a in both or b in both for a, b in moved)


def origins(old: list[Any], new: list[Any]) -> list[int | None]:
    """Of each new item the position of the old one that it was; none if it was not there."""
    if in_place(old, new):
        return list(range(len(new)))
    left = dict(enumerate(map(item_name, old)))
    found: list[int | None] = []
    for name in map(item_name, new):
        at = next((i for i, other in left.items() if other == name), None)
        if at is not None:
            del left[at]
        found.append(at)
    return found
