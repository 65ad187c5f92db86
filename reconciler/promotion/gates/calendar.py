"""When changes may happen: windows and freezes, by the clocks of their time zones.

A window is open while a clock on the wall there shows a time inside of it. So it is open twice
where the clock is set back over it, and not at all where it is set forward over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reconciler.errors import FleetError
from reconciler.model.promotion import Freeze, Window

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
# A window opens each week, unless a clock jumps over it: then in the week after.
HORIZON = 15


def is_open(window: Window, at: datetime) -> bool:
    local = at.astimezone(zone(window.timezone))
    today, yesterday = local.date(), local.date() - DAY
    clock = local.time().replace(fold=0)
    if window.from_ < window.to:
        return _has(window, today) and window.from_ <= clock < window.to
    return (_has(window, today) and clock >= window.from_) or (
        _has(window, yesterday) and clock < window.to
    )


def is_frozen(freeze: Freeze, at: datetime) -> bool:
    return freeze.from_ <= at.astimezone(zone(freeze.timezone)).date() <= freeze.to


def opening(windows: Sequence[Window], freezes: Sequence[Freeze], at: datetime) -> datetime | None:
    """The first time from `at` on at which a window is open and no freeze holds."""
    moment: datetime | None = at
    while moment is not None:
        frozen = next((freeze for freeze in freezes if is_frozen(freeze, moment)), None)
        if frozen:
            moment = thaw(frozen)
        elif windows and not any(is_open(window, moment) for window in windows):
            moment = min(filter(None, (_next(window, moment) for window in windows)), default=None)
        else:
            return moment
    return None


def thaw(freeze: Freeze) -> datetime:
    """When a freeze ends."""
    return min(
        moment
        for day in (freeze.to, freeze.to + DAY, freeze.to + 2 * DAY)
        for moment in _moments(day, time(0), zone(freeze.timezone))
        if moment.astimezone(zone(freeze.timezone)).date() > freeze.to
    )


def zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise FleetError(
            f"this machine does not know the time zone {name}",
            hint="install its package of time zones, or the Python package tzdata",
        ) from None


def _has(window: Window, day: date) -> bool:
    return not window.days or WEEKDAYS[day.weekday()] in window.days


def _next(window: Window, at: datetime) -> datetime | None:
    there = zone(window.timezone)
    first = at.astimezone(there).date() - DAY
    return _first(
        (m for i in range(HORIZON) for m in _moments(first + i * DAY, window.from_, there)),
        lambda moment: moment >= at and is_open(window, moment),
    )


def _first(moments: Iterator[datetime], fits: Callable[[datetime], bool]) -> datetime | None:
    """Of moments that may be out of order by hours, not by days."""
    found: datetime | None = None
    for moment in moments:
        if found and moment > found + DAY:
            break
        if fits(moment) and (found is None or moment < found):
            found = moment
    return found


def _moments(day: date, clock: time, there: ZoneInfo) -> Iterator[datetime]:
    """When a clock there may come to show this time of this day, and when it is set that day."""
    for fold in (0, 1):
        yield datetime.combine(day, clock, there).replace(fold=fold).astimezone(UTC)
    begin = datetime.combine(day, time(0), there).astimezone(UTC) - timedelta(hours=2)
    end = begin + timedelta(hours=28)
    if begin.astimezone(there).utcoffset() != end.astimezone(there).utcoffset():
        yield _change(begin, end, there)


def _change(begin: datetime, end: datetime, there: ZoneInfo) -> datetime:
    """The second at which the offset changes."""
    before = begin.astimezone(there).utcoffset()
    while end - begin > timedelta(seconds=1):
        middle = (begin + (end - begin) / 2).replace(microsecond=0)
        if middle.astimezone(there).utcoffset() == before:
            begin = middle
        else:
            end = middle
    return end
