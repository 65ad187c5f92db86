"""Changes happen when a clock on the wall there says so, through every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import FleetError
from reconciler.model.promotion import Freeze, Window
from reconciler.promotion.gates.calendar import (
    WEEKDAYS,
    is_frozen,
    is_open,
    opening,
    thaw,
    zone,
)

QUARTER = timedelta(minutes=15)
ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"),
    "Australia/Lord_Howe",  # sets its clocks by half an hour
    *("America/Santiago", "Asia/Beirut"),  # at midnight
)
# Days around which clocks are set somewhere.
CHANGES = [
    datetime(2026, month, day, tzinfo=UTC)
    for month, day in ((3, 7), (3, 27), (4, 3), (9, 4), (10, 2), (10, 23), (10, 30))
]
clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
windows = st.builds(
    lambda ends, days, place: Window(from_=ends[0], to=ends[1], days=tuple(days), timezone=place),
    st.tuples(clocks, clocks).filter(lambda ends: ends[0] != ends[1]),
    st.lists(st.sampled_from(WEEKDAYS), unique=True, max_size=3),
    st.sampled_from(ZONES),
)
moments = st.builds(
    lambda day, quarters: day + quarters * QUARTER,
    st.sampled_from(CHANGES),
    st.integers(0, 4 * 96),
)
freezes = st.builds(
    lambda begin, days, place: Freeze(
        from_=begin.date(), to=begin.date() + timedelta(days=days), timezone=place
    ),
    moments,
    st.integers(0, 5),
    st.sampled_from(ZONES),
)


@given(st.lists(windows, max_size=2), st.lists(freezes, max_size=2), moments)
def test_the_opening_is_the_first_quarter_of_an_hour_that_is_open(
    some: list[Window], others: list[Freeze], at: datetime
) -> None:
    expected = at
    while any(is_frozen(freeze, expected) for freeze in others) or (
        some and not any(is_open(window, expected) for window in some)
    ):
        expected += QUARTER
    assert opening(some, others, at) == expected


@given(freezes)
def test_a_freeze_holds_to_its_last_second(freeze: Freeze) -> None:
    end = thaw(freeze)
    assert is_frozen(freeze, end - timedelta(seconds=1))
    assert not is_frozen(freeze, end)


def window(begin: str, end: str, place: str = "Europe/Berlin", *days: str) -> Window:
    clock = time.fromisoformat
    return Window(from_=clock(begin), to=clock(end), timezone=place, days=days)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("opens", "at", "expected"),
    [
        (window("09:00", "16:00"), "2026-11-18T08:30", "2026-11-18T08:30"),  # it is 09:30 there
        (window("09:00", "16:00"), "2026-11-18T15:00", "2026-11-19T08:00"),  # the end is outside
        (window("09:00", "16:00"), "2026-07-01T06:00", "2026-07-01T07:00"),  # in summer
        (window("09:00", "16:00"), "2026-10-24T20:00", "2026-10-25T08:00"),  # the night between
        (window("09:00", "16:00", "UTC", "mon"), "2026-11-18T12:00", "2026-11-23T09:00"),
        # past midnight: the day is that on which it opens
        (window("22:00", "02:00", "UTC", "fri"), "2026-11-21T01:00", "2026-11-21T01:00"),
        (window("22:00", "02:00", "UTC", "fri"), "2026-11-20T01:00", "2026-11-20T22:00"),
        # the hour from 02:00 is left out on this day, or is there twice
        (window("02:15", "02:45"), "2026-03-28T12:00", "2026-03-30T00:15"),
        (window("02:30", "05:00"), "2026-03-28T12:00", "2026-03-29T01:00"),
        (window("02:15", "02:45"), "2026-10-25T00:15", "2026-10-25T00:15"),
        (window("02:15", "02:45"), "2026-10-25T00:45", "2026-10-25T01:15"),
    ],
)  # fmt: skip
def test_a_window_opens_by_the_clock_of_its_zone(opens: Window, at: str, expected: str) -> None:
    asked, found = (datetime.fromisoformat(f"{text}+00:00") for text in (at, expected))
    assert opening([opens], [], asked) == found


def test_a_day_that_a_country_left_out_opens_nothing() -> None:
    """Samoa went from Thursday to Saturday."""
    samoa = window("09:00", "10:00", "Pacific/Apia", "fri")
    assert opening([samoa], [], datetime(2011, 12, 29, tzinfo=UTC)) == datetime(
        2012, 1, 5, 19, tzinfo=UTC
    )


def test_a_freeze_that_begins_as_another_ends_is_waited_for_too() -> None:
    several = [
        Freeze(from_=date(2026, 12, 20), to=date(2026, 12, 26)),
        Freeze(from_=date(2026, 12, 27), to=date(2027, 1, 6)),
    ]
    assert opening([], several, datetime(2026, 12, 24, tzinfo=UTC)) == datetime(
        2027, 1, 7, tzinfo=UTC
    )


def test_a_zone_that_this_machine_lacks_is_named() -> None:
    with pytest.raises(FleetError, match="does not know the time zone Mars/Olympus") as caught:
        zone("Mars/Olympus")
    assert "tzdata" in caught.value.hint
