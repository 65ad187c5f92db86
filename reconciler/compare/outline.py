"""Values as a reader sees them: in lines, as YAML has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from reconciler.errors import printable
from reconciler.kubernetes.values import Absent, HiddenValue, Value

LONGEST = 200
HIDDEN = "(hidden)"

# Text that YAML reads as text without quotes: everything else gets them.
PLAIN = re.compile(r"[\w/.$][^\n#]*|-[-\w].*", re.DOTALL)
NOT_TEXT = re.compile(
    r"null|true|false|yes|no|on|off|y|n|[-+]?\.(inf|nan)|[-+]?[\d_.:]+(e[-+]?\d+)?|0[xob][\da-f_]+"
    r"|\d{4}-\d\d?-\d\d?.*",
    re.IGNORECASE,
)


def cut(text: str) -> str:
    """A text that fits on a line, without characters that a terminal would act on."""
    if len(text) <= LONGEST:
        return printable(text)
    return f"{printable(text[:LONGEST])}… ({len(text):,} characters)"


def scalar(value: Value | Absent) -> str:
    """A single value, in quotes where it could be taken for another type."""
    if isinstance(value, HiddenValue):
        return HIDDEN
    if isinstance(value, str):
        return cut(value if _is_plain(value) else json.dumps(value, ensure_ascii=False))
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, tuple):
        return "[]"
    return "" if isinstance(value, Absent) else json.dumps(value)


def _is_plain(text: str) -> bool:
    return (
        PLAIN.fullmatch(text) is not None
        and NOT_TEXT.fullmatch(text) is None
        and ": " not in text
        and text == text.strip()
        and not text.endswith(":")
    )


def outline(value: Value | Absent, indent: str = "") -> Iterator[str]:
    """All of a value."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _entry(f"{indent}{scalar(key)}:", item, indent)
    elif isinstance(value, tuple) and value:
        for item in value:
            first, *rest = outline(item, indent + "  ")
            yield f"{indent}- {first.removeprefix(indent + '  ')}"
            yield from rest
    else:
        yield from _text(value, indent)


def _entry(head: str, item: Value, indent: str) -> Iterator[str]:
    if isinstance(item, Mapping) and item:
        yield head
        yield from outline(item, indent + "  ")
    elif isinstance(item, tuple) and item:
        yield head
        yield from outline(item, indent)
    elif is_long(item):
        yield f"{head} |"
        yield from _text(item, indent + "  ")
    else:
        yield f"{head} {scalar(item)}"


def is_block(value: Value | Absent) -> bool:
    """Does it take several lines?"""
    return is_long(value) or (isinstance(value, (Mapping, tuple)) and len(value) > 0)


def is_long(value: Value | Absent) -> bool:
    return isinstance(value, str) and "\n" in value.rstrip("\n")


def _text(value: Value | Absent, indent: str) -> Iterator[str]:
    if isinstance(value, str) and is_long(value):
        yield from (indent + cut(line) for line in value.splitlines())
    else:
        yield indent + scalar(value)
