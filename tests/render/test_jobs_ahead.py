"""The kernel works on what comes next, on so much of it and no more, and on nothing in vain."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.render.job import Job
from reconciler.render.jobs_ahead import jobs_ahead


class Begun:
    """A job that only remembers what became of it."""

    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


@given(st.integers(0, 20), st.integers(1, 8), st.integers(0, 20))
def test_items_come_in_order_and_the_rest_is_dropped(count: int, limit: int, looked: int) -> None:
    begun: list[Begun] = []

    def begin(_: int) -> list[Job]:
        begun.append(Begun())
        return [cast("Job", begun[-1])]

    seen: list[int] = []
    with jobs_ahead(range(count), begin, limit, lambda job: job.cancel()) as jobs:
        for (item, (job,)), _ in zip(jobs, range(looked), strict=False):
            assert cast("Begun", job) is begun[item]
            assert len(begun) - len(seen) <= limit
            seen.append(item)
    assert seen == list(range(min(count, looked)))
    taken = min(count, looked + 1)  # zip takes one more before it ends
    assert [job.cancelled for job in begun] == [number >= taken for number in range(len(begun))]


def test_a_failure_drops_what_is_under_way() -> None:
    job = Begun()

    def fail() -> None:
        with jobs_ahead(
            range(3), lambda _: [cast("Job", job)], 2, lambda each: each.cancel()
        ) as jobs:
            for _ in jobs:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert job.cancelled
