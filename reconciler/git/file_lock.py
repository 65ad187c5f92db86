"""One at a time, among all threads and processes of a machine.

A lock is the kernel's, and not a file that is there: it ends with the process that has it, however
that ends.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import contextmanager

from reconciler.errors import Place, RepositoryError
from reconciler.git.locate import find_fleet, find_root, git_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LOCK_WAIT_SECONDS = 60.0
RETRY_SECONDS = 0.02


class _Held(threading.local):
    """What this thread has already, so that it does not wait for itself."""

    def __init__(self) -> None:
        self.locks: set[str] = set()


_held = _Held()


@contextmanager
def only_one(path: str) -> Iterator[None]:
    """Waits for as long as it takes; the file is there for this alone."""
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def only_writer(folder: str) -> Iterator[None]:
    """No other reconciler writes files of this repository meanwhile: for reading them and writing.

    Where there is no repository, those of the folder around that has environments, or of this one.
    """
    lock = _lock_of(os.path.realpath(folder))
    if lock in _held.locks:
        yield
        return
    opened = _open(lock)
    try:
        _wait(opened, lock)
        _held.locks.add(lock)
        try:
            yield
        finally:
            _held.locks.discard(lock)
    finally:
        os.close(opened)


def _lock_of(folder: str) -> str:
    root = find_root(folder)
    if root:
        return os.path.join(git_folder(root), "reconciler", "files.lock")
    return find_fleet(folder) or folder


def _open(lock: str) -> int:
    """A folder can be locked as a file can, and nothing of ours is left behind in it."""
    try:
        if os.path.isdir(lock):
            return os.open(lock, os.O_RDONLY)
        os.makedirs(os.path.dirname(lock), exist_ok=True)
        return os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as e:
        raise RepositoryError(
            "this cannot be locked, and so no files are written",
            where=Place(lock),
            why=e.strerror or "",
            hint="make it writable for the user that runs reconciler",
        ) from e


def _wait(opened: int, lock: str) -> None:
    """Not for ever: the one who has it may have been stopped, and not ended."""
    end = time.monotonic() + LOCK_WAIT_SECONDS
    while True:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > end:
                raise RepositoryError(
                    "another reconciler process is writing files here",
                    where=Place(lock),
                    why=f"it has not finished within {LOCK_WAIT_SECONDS:.0f} s",
                    hint="if one was stopped with ^Z, end it; then run this again",
                ) from None
            time.sleep(RETRY_SECONDS)
