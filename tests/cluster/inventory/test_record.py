"""Inventories as text: what is written is read, and what somebody broke is no inventory."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.cluster.inventory.record import (
    LEAVING,
    About,
    InventoryItem,
    ItemState,
    about_lines,
    item_lines,
    read_about,
    read_items,
)
from reconciler.errors import ClusterError
from reconciler.kubernetes.identity import Identity

NAMES = st.from_regex(r"[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?", fullmatch=True)
Items = st.SearchStrategy[InventoryItem]
DIGESTS = st.just("") | st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_-]{15}", fullmatch=True)
TIMES = st.datetimes(min_value=datetime(2000, 1, 1)).map(lambda time: time.strftime(LEAVING))


def items_in(states: st.SearchStrategy[ItemState], want: st.SearchStrategy[str]) -> Items:
    named = st.builds(
        Identity, st.just("") | NAMES, st.sampled_from(["Pod", "Thing"]), NAMES, NAMES
    )
    versions = st.just("v1") | NAMES.map(lambda group: f"{group}/v1")
    return st.builds(InventoryItem, named, versions, states, st.just("") | NAMES, want, DIGESTS)


OTHERS = [state for state in ItemState if state is not ItemState.leaving]
ITEMS = items_in(st.sampled_from(OTHERS), DIGESTS) | items_in(st.just(ItemState.leaving), TIMES)


@given(st.lists(ITEMS, unique_by=lambda item: item.identity))
def test_what_is_written_is_read(items: list[InventoryItem]) -> None:
    text = item_lines(items)
    assert read_items(text, "x") == sorted(items, key=lambda item: item.identity)
    assert len(text.splitlines()) == len(items)


def test_whose_it_is_is_written_and_read() -> None:
    about = About("https://git.example.org/a b", "environments/prod/web", "uid", "")
    assert read_about(about_lines(about), "x") == about


@pytest.mark.parametrize(
    "line",
    [
        "- Pod v1 a",
        "- Pod v1 a b gone - - -",
        "- - v1 a b applied - - -",
        "- Pod v1 a - applied - - -",
        "- Pod v1 a b applied - - - more",
        "- Pod v1 a b leaving - soon -",
        "- Pod v1 a b leaving - - -",
    ],
)
def test_a_broken_line_is_told(line: str) -> None:
    with pytest.raises(ClusterError, match="the inventory x is damaged") as raised:
        read_items(f"- Pod v1 a b applied - - -\n{line}\n", "x")
    assert line in raised.value.why


def test_an_inventory_of_nobody_is_told() -> None:
    with pytest.raises(ClusterError, match="is damaged") as raised:
        read_about("repository: a\nentry: b\n", "x")
    assert raised.value.why == "about does not say cluster"
