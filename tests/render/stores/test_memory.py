"""A store in memory in front of another: it finds what was put, and stays within its limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from reconciler.render.stores.disk import SHAPES_PER_SUBJECT, DiskStore, Store
from reconciler.render.stores.memory import MemoryStore


def name(number: int) -> bytes:
    return number.to_bytes(32, "big")


def test_what_was_put_is_found_without_the_store_behind() -> None:
    store = MemoryStore()
    store.put([(name(1), name(2), ["a", "b"], b"manifest")])
    assert store.shapes([name(1), name(9)]) == {name(1): [["a", "b"]]}
    assert store.get([name(2), name(9)]) == {name(2): b"manifest"}
    assert store.has([name(2), name(9)]) == {name(2)}


def test_what_another_process_kept_is_found_too(tmp_path: Path) -> None:
    MemoryStore(DiskStore(str(tmp_path))).put([(name(1), name(2), ["a"], b"manifest")])
    store = MemoryStore(DiskStore(str(tmp_path)))
    assert store.has([name(2)]) == {name(2)}
    for _ in range(2):
        assert store.shapes([name(1)]) == {name(1): [["a"]]}
        assert store.get([name(2)]) == {name(2): b"manifest"}
    store.close()


def test_the_newest_shapes_are_kept_and_come_first() -> None:
    store = MemoryStore()
    for number in range(SHAPES_PER_SUBJECT + 3):
        store.put([(name(1), name(number), [f"path{number}"], b"")])
    store.put([(name(1), name(5), ["path5"], b"")])
    (found,) = store.shapes([name(1)]).values()
    assert len(found) == SHAPES_PER_SUBJECT
    assert found[0] == ["path5"]
    assert found.count(["path5"]) == 1


def test_it_forgets_what_was_used_longest_ago() -> None:
    store = MemoryStore(limit=10_000)
    store.put([(name(n), name(n), ["p"], bytes(1000)) for n in range(5)])
    store.get([name(0)])
    store.put([(name(n), name(n), ["p"], bytes(1000)) for n in range(5, 12)])
    assert name(0) in store.has([name(n) for n in range(12)])
    assert name(1) not in store.has([name(n) for n in range(12)])


def test_threads_may_share_it_with_a_file_behind(tmp_path: Path) -> None:
    store = MemoryStore(DiskStore(str(tmp_path)), limit=20_000)

    def work(number: int) -> bool:
        key = name(number % 40)
        store.put([(key, key, [str(number % 40)], key * 30)])
        return store.get([key])[key] == key * 30 and store.shapes([key]) == {
            key: [[str(number % 40)]]
        }

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(work, range(600)))
    store.close()


class Silent(Store):
    """It answers when it is told to."""

    def __init__(self) -> None:
        self.asked = Event()
        self.answers = Event()
        self.shape = ["behind"]

    def shapes(self, subjects: Sequence[bytes]) -> dict[bytes, list[list[str]]]:
        self._wait()
        return {subject: [self.shape] for subject in subjects}

    def get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        self._wait()
        return {}

    def has(self, keys: Sequence[bytes]) -> set[bytes]:
        self._wait()
        return set()

    def _wait(self) -> None:
        self.asked.set()
        self.answers.wait(60)


@contextmanager
def silence(behind: Silent) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        try:
            yield pool
        finally:
            behind.answers.set()


@pytest.mark.parametrize("method", ["shapes", "get", "has"])
def test_what_is_in_memory_does_not_wait_for_the_store_behind(method: str) -> None:
    behind = Silent()
    store = MemoryStore(behind)
    store.put([(name(1), name(1), ["a"], b"manifest")])
    ask = getattr(store, method)
    with silence(behind) as pool:
        pool.submit(ask, [name(2)])
        assert behind.asked.wait(30)
        assert name(1) in pool.submit(ask, [name(1)]).result(30)
        assert not behind.answers.is_set()


def test_what_is_put_while_the_store_behind_is_asked_comes_before_its_answer() -> None:
    behind = Silent()
    store = MemoryStore(behind)
    with silence(behind) as pool:
        asking = pool.submit(store.shapes, [name(1)])
        assert behind.asked.wait(30)
        putting = pool.submit(store.put, [(name(1), name(2), ["new"], b"")])
        wait([putting], 0.5)  # it waits for the store behind once it is in memory
        behind.answers.set()
        asking.result(30)
        putting.result(30)
    assert store.shapes([name(1)]) == {name(1): [["new"], behind.shape]}
