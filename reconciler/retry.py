"""How long to wait before a server is asked once more."""

from __future__ import annotations

import random
import time
from email.utils import parsedate_to_datetime

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 20.0

_random = random.SystemRandom()


def backoff(repeats: int) -> float:
    """Longer each time, and never the same for two who began together."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(repeats, 10))
    return longest / 2 + _random.uniform(0, longest / 2)


def retry_after(header: str, now: float | None = None) -> float | None:
    """The seconds that a server asks for in a Retry-After, which may also say when."""
    header = header.strip()
    if header.isdecimal():
        return float(header)
    try:
        when = parsedate_to_datetime(header).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, when - (time.time() if now is None else now))
