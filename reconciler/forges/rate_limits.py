"""When a forge is asked too often, and for how long it wants to be left alone."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.retry import retry_after

SECONDARY_LIMIT_SECONDS = 60.0  # what GitHub asks for if it does not say how long


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
    after = retry_after(headers.get("retry-after", ""), now)
    if after is not None:
        return after
    for prefix in ("x-ratelimit", "ratelimit"):
        reset = headers.get(f"{prefix}-reset", "").strip()
        if headers.get(f"{prefix}-remaining") == "0" and reset.isdecimal():
            return max(0.0, float(reset) - now)
    return SECONDARY_LIMIT_SECONDS if status == 403 else None
