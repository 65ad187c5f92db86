"""Which files differ between two trees, counted as they are found.

A few small objects can make a tree of any number of files, and whoever can push a branch can make
such a tree: the library's own comparison would go through all of them.
"""

from __future__ import annotations

import os
import re

from reconciler.errors import RepositoryError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import pygit2

ENTRY = re.compile(rb"([0-7]+) ([^\0]+)\0(.{20})", re.DOTALL)
FOLDER = b"40000"
NOTHING = (b"", bytes(20))
MAX_CHANGED_PATHS = 100_000


def changed(
    git: pygit2.Repository,
    before: pygit2.Oid | str,
    after: pygit2.Oid | str,
    most: int = MAX_CHANGED_PATHS,
) -> dict[str, str]:
    """The blobs that another tree has at its paths; of what it has no more, zeros."""
    found: dict[str, str] = {}
    waiting = [("", str(before), str(after))]
    while waiting:
        above, *pair = waiting.pop()
        old, new = (_entries(git, name) for name in pair)
        for name in {name for name, _ in old.items() ^ new.items()}:
            path = above + os.fsdecode(name)
            was, now = old.get(name, NOTHING), new.get(name, NOTHING)
            if FOLDER in (was[0], now[0]):
                waiting.append((f"{path}/", _folder(*was), _folder(*now)))
            if now[0] != FOLDER and (now != NOTHING or was[0] != FOLDER):
                found[path] = now[1].hex()
        if len(found) + len(waiting) > most:
            raise RepositoryError(
                f"a branch changes more than {most:,} files",
                why="a promotion changes a few",
                hint="look at the remote's branches in promote/ and rollback/, and delete it",
            )
    return found


def _folder(mode: bytes, name: bytes) -> str:
    return name.hex() if mode == FOLDER else ""


def _entries(git: pygit2.Repository, tree: str) -> dict[bytes, tuple[bytes, bytes]]:
    if not tree:
        return {}
    return {name: (mode, blob) for mode, name, blob in ENTRY.findall(git[tree].read_raw())}
