"""One secret in the clear: where it is and what it is called, and never what it is."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from reconciler.errors import printable

# What Kubernetes takes for a key of a Secret. Anything else may be a value in the wrong place.
KEY = re.compile(r"[-._A-Za-z0-9]{1,253}")
SHOWN = 6

_of_this_process = os.urandom(32)


@dataclass(frozen=True, slots=True)
class PlaintextKey:
    """A name that has a value in the clear, and its line.

    By the marks it is known again elsewhere: those of the value, and of what is secret in it.
    """

    name: str
    line: int
    marks: tuple[bytes, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Plaintext:
    """Values in the clear; without keys if what is there cannot be told apart."""

    file: str
    what: str
    keys: tuple[PlaintextKey, ...] = ()
    line: int = 1
    hint: str = ""

    def __str__(self) -> str:
        names = shown([k.name for k in self.keys])
        return f"{self.what} holds {names} in the clear" if names else f"{self.what} in the clear"


def mark_of(content: bytes) -> bytes:
    """Equal for equal contents, and of no use once this process has ended."""
    return blake2b(content, key=_of_this_process, digest_size=16).digest()


def shown(names: Sequence[str]) -> str:
    """The names that surely are names, some of them."""
    good = list(dict.fromkeys(name for name in names if KEY.fullmatch(name)))
    others = len(names) - len(good)
    more = len(good) - SHOWN
    parts = [*good[:SHOWN], *([f"{more} more"] if more > 0 else [])]
    if others:
        parts.append("a value without a name" if others == 1 else f"{others} values without names")
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def called(name: str) -> str:
    """The name of an object as it is shown, with a space before it; "" if there is none."""
    return f" {printable(name)}" if name and len(name) <= 253 and "\n" not in name else ""
