"""Streams as a broken or hostile sender makes them of good ones."""

from __future__ import annotations

import random

# What nothing is cut off before: a greeting, or the first line of a request.
BEGINNING = 30


def damaged(whole: bytes, rng: random.Random) -> bytes:
    """Bytes changed, dropped, doubled and cut."""
    data = bytearray(whole)
    for _ in range(rng.choice((1, 1, 2, 6))):
        at = rng.randrange(len(data) or 1)
        match rng.randrange(4):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del data[at : at + rng.randrange(1, 40)]
            case 2:
                data[at:at] = data[at : at + rng.randrange(1, 40)]
            case 3:
                del data[max(at, BEGINNING) :]
    return bytes(data)
