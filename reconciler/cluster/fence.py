"""Writes that somebody may do only for a while, unless they are given more time meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

Fence = Callable[[], float]  # for how many seconds it still holds; raises once it does not


async def within(fence: Fence, work: Coroutine[Any, Any, T]) -> T:
    """What is not done when the fence falls is given up."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait([task], timeout=fence())
        return task.result()
    finally:
        task.cancel()
