"""How long to wait before a forge is asked once more."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

FIRST, LONGEST = 0.5, 20.0
SECONDARY = 60.0  # what GitHub asks for if it does not say how long

_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class RetryClock:
    """Time, and the way to let it pass."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


def backoff(attempt: int) -> float:
    """Longer each time, and never the same for two who began together."""
    longest = min(LONGEST, FIRST * 2.0**attempt)
    return longest / 2 + _random.uniform(0, longest / 2)


def is_over_limit(status: int, headers: Mapping[str, str], text: str) -> bool:
    """Whether it was refused only because there were too many requests; nothing was done then."""
    if status == 429:
        return True
    said = text.lower()
    return status == 403 and (
        "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or "secondary rate limit" in said
        or "abuse detection" in said
    )


def asked_pause(status: int, headers: Mapping[str, str], now: float) -> float | None:
    """The seconds that the forge itself asks for."""
    after = headers.get("retry-after", "").strip()
    if after.isdecimal():
        return float(after)
    if after:
        try:
            return max(0.0, parsedate_to_datetime(after).timestamp() - now)
        except ValueError:
            pass
    for prefix in ("x-ratelimit", "ratelimit"):
        reset = headers.get(f"{prefix}-reset", "").strip()
        if headers.get(f"{prefix}-remaining") == "0" and reset.isdecimal():
            return max(0.0, float(reset) - now)
    return SECONDARY if status == 403 else None
