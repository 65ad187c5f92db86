"""When a request is sent once more, and how long to wait before."""

from __future__ import annotations

from reconciler.retry import backoff, retry_after

MAX_WAIT_SECONDS = 30  # in all, for one request
MAX_REPEATS = 10
MAX_UNASKED_REPEATS = 4  # by a server that does not say how long to wait
LEAST_PAUSE_SECONDS = 0.1
BUSY = 429  # said before anything is done, so that every request may be sent again
OVERLOADED = {500, 502, 503, 504}


def pause_before_repeat(
    status: int, asked: str, *, is_repeatable: bool, repeats: int, waited: float
) -> float | None:
    """In seconds; None if the answer counts as it is. `asked` is the answer's Retry-After."""
    pause = retry_after(asked)
    if status == BUSY:
        if pause is None and repeats < MAX_UNASKED_REPEATS:
            pause = backoff(repeats)
    elif status not in OVERLOADED or not is_repeatable:
        return None
    if pause is None or repeats >= MAX_REPEATS:
        return None
    pause = max(pause, LEAST_PAUSE_SECONDS)
    return pause if waited + pause <= MAX_WAIT_SECONDS else None
