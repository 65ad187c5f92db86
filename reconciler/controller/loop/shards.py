"""Which replica has which apps: a map of shards, of which each replica may move only its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from zlib import crc32

SHARDS = 64


def shard_of(app: str) -> int:
    """By what the app is called in the cluster: the same for every replica."""
    return crc32(app.encode()) % SHARDS


def next_holders(
    holders: Mapping[int, str], living: Collection[str], me: str, busy: Collection[int] = ()
) -> dict[int, str]:
    """The map as this replica wants it: with its fair share, taken from nobody who lives.

    Who has too many lets go of those in which nothing is under way.
    """
    share = -(-SHARDS // max(len(living), 1))
    held = {shard: who for shard, who in holders.items() if who in living}
    mine = [shard for shard in sorted(held) if held[shard] == me]
    surplus = [shard for shard in mine if shard not in busy][: max(len(mine) - share, 0)]
    for shard in surplus:
        del held[shard]
    free = [shard for shard in range(SHARDS) if shard not in held and shard not in surplus]
    for shard in free[: max(share - len(mine), 0)]:
        held[shard] = me
    return held


def is_settled(holders: Mapping[int, str], living: Collection[str]) -> bool:
    """Has everybody who lives a fair share, and nobody else any?"""
    share = -(-SHARDS // max(len(living), 1))
    counts = Counter(holders.values())
    return len(holders) == SHARDS and all(
        who in living and count <= share for who, count in counts.items()
    )


def holders_text(holders: Mapping[int, str]) -> str:
    return "".join(f"{shard} {who}\n" for shard, who in sorted(holders.items()))


def read_holders(text: str) -> dict[int, str]:
    """What is no line of it counts as nobody's."""
    words = (line.split(" ") for line in text.splitlines())
    return {
        int(pair[0]): pair[1]
        for pair in words
        if len(pair) == 2 and pair[0].isdecimal() and int(pair[0]) < SHARDS and pair[1]
    }
