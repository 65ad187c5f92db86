"""Amounts that are written differently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kubernetes.quantities import amount, same_amount


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("1000m", "1"),
        ("1000m", 1),
        ("1Gi", "1024Mi"),
        ("0.5", "500m"),
        (".5", "500m"),
        ("1e3", "1k"),
        ("1E3", "1000"),
        ("1.", "1"),
        ("-1", "-1000m"),
        ("1E", "1000P"),
        (0.1, "100m"),
    ],
)
def test_one_amount_has_many_spellings(a: object, b: object) -> None:
    assert same_amount(a, b)


@pytest.mark.parametrize(("a", "b"), [("1G", "1Gi"), ("1", "2"), ("x", "x"), (True, 1), ("", "")])
def test_others_are_not_the_same_amount(a: object, b: object) -> None:
    assert not same_amount(a, b)


@given(st.integers(0, 10**6))
def test_a_thousand_of_the_smaller_unit_is_one_of_the_larger(number: int) -> None:
    assert same_amount(f"{number}000m", str(number))
    assert same_amount(f"{number * 1024}Ki", f"{number}Mi")


@given(st.text(max_size=8))
def test_no_text_is_too_strange(text: str) -> None:
    amount(text)
