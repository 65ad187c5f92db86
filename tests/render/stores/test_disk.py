"""The cache on disk: bounded, shared between processes, and never a reason to fail."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from reconciler.render.stores.disk import SHAPES_PER_SUBJECT, DiskStore, Store

PATHS = ["a/kustomization.yaml", "b"]


def digest(text: str) -> bytes:
    return sha256(text.encode()).digest()


def fill(store: Store, count: int, size: int = 10) -> None:
    for i in range(count):
        manifest = str(i).encode() * size
        store.put([(digest(f"subject {i}"), digest(f"key {i}"), PATHS, manifest)])


def test_what_was_put_is_there(tmp_path: Path) -> None:
    store = DiskStore(str(tmp_path))
    fill(store, 3)
    assert store.shapes([digest("subject 1"), digest("other")]) == {digest("subject 1"): [PATHS]}
    assert store.get([digest("key 2"), digest("other")]) == {digest("key 2"): b"2" * 10}


def test_what_is_there_is_known_without_reading_it(tmp_path: Path) -> None:
    store = DiskStore(str(tmp_path))
    fill(store, 3)
    assert store.has([digest("key 2"), digest("other")]) == {digest("key 2")}
    assert Store().has([digest("key 2")]) == set()


def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    store = DiskStore(str(tmp_path / "cache"))
    assert stat.S_IMODE(os.stat(store.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(tmp_path / "cache").st_mode) == 0o700


def test_it_holds_to_its_limit_and_keeps_what_was_used_last(tmp_path: Path) -> None:
    store = DiskStore(str(tmp_path), limit=100_000)
    fill(store, 300, size=1000)
    found = store.stats()
    assert found.bytes <= 100_000
    assert found.renders > 20
    assert store.get([digest("key 299")])
    assert not store.get([digest("key 0")])


def test_a_use_protects_from_eviction(tmp_path: Path) -> None:
    store = DiskStore(str(tmp_path))
    fill(store, 10, size=100)
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE renders SET used = used - 100000 + rowid")
    store.get([digest("key 0")])
    assert store.prune(600) > 0
    assert store.get([digest("key 0")])
    assert not store.get([digest("key 1")])


def test_emptying_drops_everything(tmp_path: Path) -> None:
    store = DiskStore(str(tmp_path))
    fill(store, 5)
    assert store.prune(0) == 5
    assert (store.stats().renders, store.stats().shapes) == (0, 0)


def test_a_subject_keeps_a_few_shapes_newest_first(tmp_path: Path) -> None:
    store = DiskStore(str(tmp_path))
    for i in range(20):
        store.put([(digest("s"), digest(f"k{i}"), [f"path{i}"], b"x")])
    (shapes,) = store.shapes([digest("s")]).values()
    assert shapes == [[f"path{i}"] for i in range(19, 19 - SHAPES_PER_SUBJECT, -1)]


def test_a_damaged_manifest_is_dropped(tmp_path: Path) -> None:
    store = DiskStore(str(tmp_path))
    fill(store, 2)
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE renders SET manifest = x'00' WHERE key = ?", (digest("key 0"),))
    assert set(store.get([digest("key 0"), digest("key 1")])) == {digest("key 1")}
    assert store.stats().renders == 1


def test_a_manifest_under_a_foreign_key_is_dropped(tmp_path: Path) -> None:
    store = DiskStore(str(tmp_path))
    fill(store, 1)
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE renders SET key = ?", (digest("another"),))
    assert store.get([digest("another")]) == {}


@pytest.mark.parametrize("damage", [b"not a database at all, but long enough" * 99, b""])
def test_a_damaged_file_is_started_over(tmp_path: Path, damage: bytes) -> None:
    store = DiskStore(str(tmp_path))
    fill(store, 1)
    store.close()
    Path(store.path).write_bytes(damage)
    for name in tmp_path.glob("*-wal"):
        name.unlink()
    again = DiskStore(str(tmp_path))
    assert again.get([digest("key 0")]) == {}
    fill(again, 2)
    assert again.get([digest("key 1")])


def test_damage_in_the_middle_is_survived(tmp_path: Path) -> None:
    store = DiskStore(str(tmp_path))
    fill(store, 200, size=500)
    store.close()
    data = bytearray(Path(store.path).read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    Path(store.path).write_bytes(bytes(data))
    again = DiskStore(str(tmp_path))
    again.get([digest(f"key {i}") for i in range(200)])
    fill(again, 1)
    assert again.get([digest("key 0")])


def test_no_place_for_a_cache_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = DiskStore(str(tmp_path / "file" / "cache"))
    fill(store, 1)
    assert store.get([digest("key 0")]) == {}
    assert store.stats().renders == 0


WRITER = """
import sys
from tests.render.stores.test_disk import DiskStore, digest, PATHS
store = DiskStore(sys.argv[1])
for i in range(200):
    key = digest(f"key {i % 50}")
    store.put([(digest(f"subject {i % 50}"), key, PATHS, b"x" * 100)])
    for found in store.get([key]).values():
        assert found == b"x" * 100
"""


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], cwd=Path(__file__).parents[2]
        )
        for _ in range(4)
    ]
    assert [w.wait() for w in writers] == [0, 0, 0, 0]
    assert DiskStore(str(tmp_path)).stats().renders == 50
