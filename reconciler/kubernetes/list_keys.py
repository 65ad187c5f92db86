"""Items of lists, by the fields that tell them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.kubernetes.values import Value, token

# The API server fills these in, so an item without one has this one.
DEFAULTS = {"protocol": "TCP"}


def positions(items: Sequence[Value], keys: Sequence[str]) -> dict[str, int] | None:
    """Where each item is by its keys, if every item has keys of its own."""
    found: dict[str, int] = {}
    for position, item in enumerate(items):
        if not isinstance(item, Mapping):
            return None
        values = tuple(item.get(key, DEFAULTS.get(key)) for key in keys)
        if not all(isinstance(value, (str, int)) for value in values):
            return None
        if found.setdefault(token(values), position) != position:
            return None
    return found
