"""Kubernetes quantities: one amount has many spellings."""

from __future__ import annotations

import re
from fractions import Fraction

FORM = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d{1,3})|([KMGTPE]i|[numkMGTPE]))?")
SUFFIXES = (
    {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000)}
    | {s: Fraction(1000**i) for i, s in enumerate("kMGTPE", start=1)}
    | {f"{s}i": Fraction(1024**i) for i, s in enumerate("KMGTPE", start=1)}
)


def amount(value: object) -> Fraction | None:
    """What a quantity comes to, or None if it is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    match = FORM.fullmatch(str(value))
    if match is None:
        return None
    sign, digits, exponent, suffix = match.groups()
    found = Fraction(digits.rstrip(".") if digits.endswith(".") else digits)
    if exponent:
        found *= Fraction(10) ** int(exponent[1:])
    if suffix:
        found *= SUFFIXES[suffix]
    return -found if sign == "-" else found


def same_amount(a: object, b: object) -> bool:
    first = amount(a)
    return first is not None and first == amount(b)
