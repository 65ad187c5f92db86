"""Times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def exact(time: datetime, now: datetime | None = None) -> str:
    """With seconds where the minute is the present one, and would say nothing."""
    now = now or datetime.now(UTC)
    if f"{time.astimezone(UTC):%Y%m%d%H%M}" != f"{now.astimezone(UTC):%Y%m%d%H%M}":
        return moment(time)
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def length(time: timedelta) -> str:
    """In its two largest units: 3 d 4 h."""
    minutes = int(time.total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if n]
    return " ".join(parts[:2]) or "0 min"


def age(time: timedelta) -> str:
    """The same, with seconds where there is not a minute yet."""
    seconds = max(int(time.total_seconds()), 0)
    return f"{seconds} s" if seconds < 60 else length(time)


def since(stamp: str, now: datetime) -> str:
    """How long ago a time of an API server is; nothing where it says none."""
    try:
        return age(now - datetime.fromisoformat(stamp))
    except (ValueError, TypeError):
        return ""
