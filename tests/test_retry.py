"""Servers are asked again in time that grows, and when they say that they want to be asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.retry import LONGEST_PAUSE_SECONDS, backoff, retry_after

NOON = 1_797_768_000.0  # Sat, 20 Dec 2026 12:00:00 UTC


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("Sun, 20 Dec 2026 12:00:30 GMT", 30),
        ("Sun, 20 Dec 2026 11:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
    ],
)
def test_a_server_says_how_long_or_until_when(header: str, seconds: float | None) -> None:
    assert retry_after(header, NOON) == seconds


@given(st.text())
def test_whatever_it_says_is_no_fault_of_ours(header: str) -> None:
    asked = retry_after(header, NOON)
    assert asked is None or asked >= 0


@given(st.integers(0, 2000))
def test_pauses_grow_to_a_limit_and_differ(repeats: int) -> None:
    pauses = {backoff(repeats) for _ in range(20)}
    longest = min(LONGEST_PAUSE_SECONDS, 0.5 * 2.0 ** min(repeats, 50))
    assert len(pauses) > 1
    assert all(longest / 2 <= pause <= longest for pause in pauses)
