"""A store in memory in front of another: it finds what was put, and stays within its limit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reconciler.render.memory_store import MemoryStore
from reconciler.render.store import SHAPES_PER_SUBJECT, DiskStore


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
