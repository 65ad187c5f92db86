"""Which field a message is about: the one whose value it repeats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MIN_CHARACTERS = 4  # what is shorter stands in many messages by chance
NAMING = ("apiVersion", "kind", "metadata")  # every message may name its object


def mentioned_field(data: Mapping[str, Any], message: str) -> str:
    """The path of the longest text in the object that the message repeats; none for no text."""
    about = {key: value for key, value in data.items() if key not in NAMING}
    found = ((len(text), path) for path, text in texts_in(about, "") if text in message)
    return max(found, default=(0, ""), key=lambda each: each[0])[1]


def texts_in(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """The texts below a path, each with its own."""
    if isinstance(value, str):
        if len(value) >= MIN_CHARACTERS:
            yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from texts_in(inner, f"{path}[{number}]")
