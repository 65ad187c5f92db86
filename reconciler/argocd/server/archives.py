"""The repositories that were streamed to us, by the checksum of their archives.

A repository has many apps, and Argo CD sends it for each of them. So what an archive holds is kept
for a while, and is not read again when the same bytes come once more.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from concurrent.futures import Future
from contextlib import nullcontext
from threading import BoundedSemaphore, Lock

from reconciler.argocd.server.memory_shares import MemoryClaim, MemoryShares
from reconciler.errors import ReconcilerError
from reconciler.trees.archive import read_tar
from reconciler.trees.memory import MemoryTree

DEFAULT_LIMIT = 8 << 20
LARGEST = 128 << 20
# Reading is work for the interpreter, of which there is one: a third would only wait.
READ_AT_ONCE = 2
OF_GIT = ".git"
FOREVER = float("inf")
# One of so many parts of the room is for what is no larger than half of that.
PARTS = 8
# Read by as many at once as there are: it takes a moment.
SMALL = 1 << 20
GZIP = b"\x1f\x8b"


class Archives:
    """Trees by checksum, as many as fit in a number of bytes; the newest in any case.

    Those that are in use, and those that are kept, have together so many bytes of room; who finds
    none waits for it, and what is kept gives way. A part is for small ones, which do not wait for
    large ones.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT, largest: int = LARGEST, room: int = 0) -> None:
        size = (room or 2 * largest) // PARTS
        self._room = MemoryShares(size * (PARTS - 1))
        self._room_for_small = MemoryShares(size)
        self._limit = limit
        self._largest = min(largest, self._room.size)
        self._trees: OrderedDict[str, tuple[MemoryTree, int]] = OrderedDict()
        self._reading: dict[str, Future[MemoryTree]] = {}
        self._used = 0
        self._lock = Lock()
        self._readers = BoundedSemaphore(READ_AT_ONCE)

    def known(self, checksum: str) -> MemoryTree | None:
        with self._lock:
            if checksum not in self._trees:
                return None
            self._trees.move_to_end(checksum)
            return self._trees[checksum][0]

    def read(
        self, checksum: str, content: bytes, project: str = "", until: float = FOREVER
    ) -> MemoryTree:
        """What these bytes hold; when several ask at once, one of them reads."""
        with self._lock:
            if checksum in self._trees:
                return self._trees[checksum][0]
            under_way = self._reading.get(checksum)
            mine: Future[MemoryTree] = Future()
            if under_way is None:
                self._reading[checksum] = mine
        if under_way is not None:
            try:
                return under_way.result()
            except ReconcilerError as e:
                raise e.again() from None
        try:
            size = min(said_size(content), self._largest)
            claim = self._claim(size, project, until)
            with self._readers if size > SMALL else nullcontext():
                tree = read_tar(io.BytesIO(content), skip=is_of_git, largest=size)
            claim.shrink(tree.size())
            tree.claim = claim
        except BaseException as e:
            mine.set_exception(e)
            raise
        else:
            self._keep(checksum, tree)
            mine.set_result(tree)
            return tree
        finally:
            with self._lock:
                del self._reading[checksum]

    def _claim(self, size: int, project: str, until: float) -> MemoryClaim:
        """As much as an archive says that it holds, which it is held to."""
        while not self._room.has(size):
            with self._lock:
                if not self._trees:
                    break
                self._used -= self._trees.popitem(last=False)[1][1]
        if size <= self._room_for_small.size // 2 and not self._room.has(size):
            return self._room_for_small.take(size, project, until)
        return self._room.take(size, project, until)

    def _keep(self, checksum: str, tree: MemoryTree) -> None:
        size = tree.size()
        with self._lock:
            self._trees[checksum] = tree, size
            self._used += size
            while self._used > self._limit and len(self._trees) > 1:
                self._used -= self._trees.popitem(last=False)[1][1]


def said_size(content: bytes) -> int:
    """What an archive says at its end that it unpacks to."""
    if not content.startswith(GZIP):
        return len(content)
    return int.from_bytes(content[-4:], "little")


def is_of_git(name: str) -> bool:
    """What Git keeps for itself renders nothing, and may be most of an archive."""
    return name == OF_GIT or name.startswith(f"{OF_GIT}/")
