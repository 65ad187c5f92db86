"""Who has which apps: however replicas come and go, none is held twice, and none by nobody."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.controller.loop.shards import (
    SHARDS,
    holders_text,
    is_settled,
    next_holders,
    read_holders,
    shard_of,
)

REPLICAS = ("a", "b", "c", "d")


def settled(holders: dict[int, str], living: list[str]) -> dict[int, str]:
    """Each looks in turn, until nobody wants anything else."""
    for _ in range(20):
        before = dict(holders)
        for me in living:
            holders = next_holders(holders, living, me)
        if holders == before:
            return holders
    raise AssertionError("they never agree")


@given(st.lists(st.sets(st.sampled_from(REPLICAS), min_size=1), min_size=1, max_size=6))
def test_everybody_who_lives_has_a_fair_share(times: list[set[str]]) -> None:
    holders: dict[int, str] = {}
    for living in times:
        holders = settled(holders, sorted(living))
        assert set(holders) == set(range(SHARDS))
        counts = [list(holders.values()).count(who) for who in living]
        assert sum(counts) == SHARDS
        assert max(counts) <= -(-SHARDS // len(living))


@given(st.dictionaries(st.integers(0, SHARDS - 1), st.sampled_from(REPLICAS)), st.data())
def test_nobody_takes_what_another_has_who_lives(
    holders: dict[int, str], data: st.DataObject
) -> None:
    living = data.draw(st.sets(st.sampled_from(REPLICAS), min_size=1))
    me = data.draw(st.sampled_from(sorted(living)))
    busy = data.draw(st.sets(st.integers(0, SHARDS - 1)))
    wanted = next_holders(holders, living, me, busy)
    for shard, who in holders.items():
        if who in living and who != me:
            assert wanted[shard] == who
        if who == me and shard in busy:
            assert wanted[shard] == me


def test_shares_are_settled_when_nobody_has_too_much_or_too_little() -> None:
    alone = dict.fromkeys(range(SHARDS), "a")
    assert is_settled(alone, ["a"])
    assert not is_settled(alone, ["a", "b"])  # a will let go of half
    assert not is_settled(alone, ["b"])
    assert not is_settled({**alone, 7: "b"}, ["a"])
    assert is_settled({shard: "ab"[shard % 2] for shard in alone}, ["a", "b"])
    assert not is_settled({0: "a"}, ["a"])


def test_a_map_is_read_as_it_was_written_and_nonsense_is_nobodys() -> None:
    holders = {0: "a", 7: "b", 63: "c"}
    assert read_holders(holders_text(holders)) == holders
    assert read_holders("x y\n64 a\n3\n-1 a\n\n5 b\n") == {5: "b"}
    assert {shard_of(f"prod.app{i}") for i in range(2_000)} == set(range(SHARDS))
