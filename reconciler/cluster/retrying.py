"""When a request is sent once more, and how long to wait before."""

from __future__ import annotations

MAX_WAIT_SECONDS = 30  # in all, for one request
MAX_REPEATS = 10
PAUSES = (0.5, 1.0, 2.0, 4.0)
LEAST_PAUSE = 0.1
BUSY = 429  # said before anything is done, so that every request may be sent again
OVERLOADED = {500, 502, 503, 504}


def pause_before_repeat(
    status: int, retry_after: str, *, is_repeatable: bool, repeats: int, waited: float
) -> float | None:
    """In seconds; None if the answer counts as it is."""
    asked = float(retry_after) if retry_after.isdecimal() else None
    if status == BUSY:
        pause = asked if asked is not None else _own_pause(repeats)
    elif status in OVERLOADED and is_repeatable:
        pause = asked
    else:
        pause = None
    if pause is None or repeats >= MAX_REPEATS:
        return None
    pause = max(pause, LEAST_PAUSE)
    return pause if waited + pause <= MAX_WAIT_SECONDS else None


def _own_pause(repeats: int) -> float | None:
    return PAUSES[repeats] if repeats < len(PAUSES) else None
