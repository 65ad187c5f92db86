"""Memory is shared out of what there is, and in turn."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.argocd.server.memory_shares import MIB, MemoryShares, shares
from reconciler.errors import RenderTimeout

LATER = 60.0


def soon() -> float:
    return time.monotonic() + LATER


@pytest.mark.parametrize("memory", [256 * MIB, 512 * MIB, 2048 * MIB, 64 << 30])
def test_the_shares_leave_a_part_for_python_itself(memory: int) -> None:
    found = shares(memory)
    assert 5 * found.kernel + found.unpacked + found.arriving <= memory * 13 // 16
    assert found.kernel <= 1024 * MIB


def test_bytes_come_back_with_what_they_were_set_aside_for() -> None:
    room = MemoryShares(10)
    claim = room.take(8, "one", soon())
    assert not room.has(3)
    claim.shrink(7)
    assert room.has(3)
    del claim
    assert room.has(10)


def test_who_waits_for_too_long_is_told_so() -> None:
    room = MemoryShares(10)
    kept = room.take(8, "one", soon())
    with pytest.raises(RenderTimeout, match="no memory"):
        room.take(8, "other", time.monotonic())
    del kept
    assert room.has(10)


def test_a_large_one_is_not_overtaken_for_ever() -> None:
    room = MemoryShares(10)
    first = room.take(5, "one", soon())
    with ThreadPoolExecutor(2) as pool:
        large = pool.submit(room.take, 10, "two", soon())
        while room.has(1):
            time.sleep(0.001)
        small = pool.submit(room.take, 1, "three", soon())
        del first
        claim = large.result()
        assert not small.done()
        del claim, large
        assert small.result()


def test_a_project_that_has_half_keeps_nobody_waiting() -> None:
    room = MemoryShares(10)
    first = room.take(5, "one", soon())
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(room.take, 1, "one", soon())
        while room.has(1):
            time.sleep(0.001)
        other = room.take(5, "other", soon())
        assert not second.done()
        del first, other
        assert second.result()
