"""The kernel kept busy: while one answer is looked at, it works on those that come after."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from typing import TypeVar

from reconciler.render.job import Job

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

T = TypeVar("T")


@contextmanager
def jobs_ahead(
    items: Iterable[T],
    begin: Callable[[T], Sequence[Job]],
    limit: int,
    drop: Callable[[Job], None] = Job.cancel,
) -> Iterator[Iterator[tuple[T, Sequence[Job]]]]:
    """Each item with its jobs, one after the other; what nobody looked at is dropped in the end.

    `limit` bounds the items under way, since their answers lie in memory.
    """
    under_way: deque[tuple[T, Sequence[Job]]] = deque()

    def in_turn() -> Iterator[tuple[T, Sequence[Job]]]:
        for item in items:
            under_way.append((item, begin(item)))
            if len(under_way) >= limit:
                yield under_way.popleft()
        while under_way:
            yield under_way.popleft()

    try:
        yield in_turn()
    finally:
        for _, jobs in under_way:
            for job in jobs:
                drop(job)
