"""What is due comes once, and never into two hands."""

from __future__ import annotations

import asyncio

from reconciler.controller.loop.due_apps import DueApps, retry_seconds


def test_what_becomes_due_while_it_is_worked_on_comes_again_after_that() -> None:
    async def work() -> list[str]:
        due: DueApps[str] = DueApps()
        for one in ("a", "a", "b"):
            due.add(one)
        first = await due.next()
        due.add("a")
        due.add("a")
        second = await due.next()
        due.done(first)
        due.done(second)
        third = await due.next()
        due.done(third)
        return [first, second, third]

    assert asyncio.run(work()) == ["a", "b", "a"]


def test_of_two_times_the_sooner_counts() -> None:
    async def work() -> float:
        due: DueApps[str] = DueApps()
        loop = asyncio.get_running_loop()
        began = loop.time()
        due.add_later("a", 60)
        due.add_later("a", 0.05)
        due.add_later("a", 30)
        await asyncio.wait_for(due.next(), 5)
        return loop.time() - began

    assert asyncio.run(work()) < 2


def test_retries_become_seldom() -> None:
    assert [retry_seconds(n) for n in (1, 2, 3, 7, 50)] == [5, 10, 20, 300, 300]
