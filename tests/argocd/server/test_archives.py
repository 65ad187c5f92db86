"""What repositories hold is kept within the room that there is."""

from __future__ import annotations

import gzip
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from reconciler.argocd.server.archives import PARTS, Archives, said_size
from reconciler.errors import RenderTimeout, RepositoryError
from reconciler.trees.memory import MemoryTree
from tests.argocd.client import archive

MIB = 1 << 20
ROOM = 8 * MIB


def read(archives: Archives, content: bytes, project: str = "", seconds: float = 60) -> MemoryTree:
    checksum = hashlib.sha256(content).hexdigest()
    return archives.read(checksum, content, project, time.monotonic() + seconds)


def holding(size: int, number: int = 0) -> bytes:
    return archive({"a": "x" * size, "number": str(number)})


def test_what_an_archive_unpacks_to_is_what_it_says() -> None:
    content = holding(1000)
    assert said_size(content) == len(gzip.decompress(content))
    assert said_size(gzip.decompress(content)) == said_size(content)


def test_an_archive_that_says_less_than_it_holds_is_refused() -> None:
    """In several parts, of which the last says how large it is itself."""
    content = gzip.compress(bytes(MIB)) + holding(1000)
    with pytest.raises(RepositoryError, match="holds more than 10,240 bytes"):
        read(Archives(room=ROOM), content)


def test_a_large_one_waits_for_its_turn_and_a_small_one_does_not() -> None:
    archives = Archives(room=ROOM, limit=0)
    one = read(archives, holding(6 * MIB, 1), "one")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(read, archives, holding(6 * MIB, 2), "two")
        assert read(archives, holding(1000, 3), "three").look("a").kind == "file"
        assert not waiting.done()
        with pytest.raises(RenderTimeout, match="no memory"):
            read(archives, holding(6 * MIB, 4), "four", seconds=0.1)
        newest = read(archives, holding(1000, 5), "one")  # the large one is not kept any more
        del one
        assert waiting.result().look("a").kind == "file"
        assert newest.claim


def test_what_is_kept_gives_way() -> None:
    archives = Archives(room=ROOM)
    for number in range(5):
        assert read(archives, holding(4 * MIB, number)).size() < ROOM


def test_an_archive_that_has_no_room_at_all_is_refused() -> None:
    with pytest.raises(RepositoryError, match="holds more than"):
        read(Archives(room=ROOM), holding(ROOM - ROOM // PARTS))
