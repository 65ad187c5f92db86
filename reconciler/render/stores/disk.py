"""Renders kept on disk, for all processes of a user, bounded in size."""

from __future__ import annotations

import os
import sqlite3
import time
from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

FORMAT = 1
DEFAULT_LIMIT = 512 << 20
KEEP_AFTER_EVICTION = 0.8
SHAPES_PER_SUBJECT = 8
IN_ONE_QUERY = 400

# A hit is noted at most this often: reading stays reading.
NOTED_EVERY = 3600

SCHEMA = f"""
PRAGMA user_version = {FORMAT};
CREATE TABLE IF NOT EXISTS shapes (
    subject BLOB, shape BLOB, paths BLOB, used INTEGER, PRIMARY KEY (subject, shape)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS renders (
    key BLOB PRIMARY KEY, seal BLOB, manifest BLOB, size INTEGER, used INTEGER
);
CREATE INDEX IF NOT EXISTS oldest ON renders (used);
"""


class Stats:
    """What a store holds; a limit of 0 is one that it does not know."""

    __slots__ = ("bytes", "limit", "location", "problem", "renders", "shapes")

    def __init__(
        self, location: str, renders: int, shapes: int, size: int, limit: int, problem: str = ""
    ) -> None:
        self.location = location
        self.renders = renders
        self.shapes = shapes
        self.bytes = size
        self.limit = limit
        self.problem = problem


class Store:
    """Where renders are kept. This one keeps none; a store never fails, it forgets."""

    def shapes(self, subjects: Sequence[bytes]) -> dict[bytes, list[list[str]]]:
        """For each subject the lists of paths that it was seen to look at, newest first."""
        return {}

    def get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The manifests that are there, each checked to be whole and to belong to its key."""
        return {}

    def has(self, keys: Sequence[bytes]) -> set[bytes]:
        """The keys under which there is a manifest, without reading it."""
        return set()

    def put(self, renders: Iterable[tuple[bytes, bytes, Sequence[str], bytes]]) -> None:
        """Keep renders: subject, key, paths and manifest of each."""

    def stats(self) -> Stats | None:
        return None

    def prune(self, limit: int | None = None) -> int:
        """Drop what was used longest ago until the limit holds; how many went."""
        return 0

    def close(self) -> None:
        pass


def seal(key: bytes, manifest: bytes) -> bytes:
    """Ties a manifest to its key, so that a damaged or foreign one is told apart."""
    made = sha256(key)
    made.update(manifest)
    return made.digest()


def pack(paths: Sequence[str]) -> bytes:
    """Paths as one text: none of them holds NUL, which no name of a file does."""
    return "\0".join(paths).encode(errors="surrogateescape")


def unpack(packed: bytes) -> list[str]:
    return packed.decode(errors="surrogateescape").split("\0")


class DiskStore(Store):
    """A SQLite file in the user's cache folder, safe for several processes at once."""

    def __init__(self, folder: str, limit: int = DEFAULT_LIMIT) -> None:
        self.path = os.path.join(folder, f"renders-{FORMAT}.sqlite")
        self.limit = limit
        self.problem = ""
        self._added = 0
        self._db: sqlite3.Connection | None = None
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            self._db = self._open()
        except (OSError, sqlite3.OperationalError) as e:
            self.problem = str(e)  # a read-only home, or a busy file: renders still work
        except sqlite3.DatabaseError:
            self._start_over()

    def _open(self) -> sqlite3.Connection:
        fresh = not os.path.exists(self.path)
        if fresh:
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
        db = sqlite3.connect(self.path, timeout=10, isolation_level=None, check_same_thread=False)
        if fresh or db.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(SCHEMA)
        db.execute("PRAGMA synchronous = OFF")
        return db

    def _start_over(self) -> None:
        """A file that is damaged is of no use to anybody."""
        self.close()
        try:
            for suffix in ("", "-wal", "-shm"):
                if os.path.exists(self.path + suffix):
                    os.unlink(self.path + suffix)
            self._db = self._open()
        except (sqlite3.Error, OSError) as e:
            self.problem = str(e)

    def _query(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        if self._db is None:
            return []
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.OperationalError:
            return []  # busy, full or read-only: as if nothing were there
        except sqlite3.DatabaseError:
            self._start_over()
            return []

    def shapes(self, subjects: Sequence[bytes]) -> dict[bytes, list[list[str]]]:
        found: dict[bytes, list[list[str]]] = {}
        for some in _chunks(subjects):
            marks = ",".join("?" * len(some))
            for owner, paths in self._query(
                f"SELECT subject, paths FROM shapes WHERE subject IN ({marks}) ORDER BY used DESC",
                some,
            ):
                found.setdefault(owner, []).append(unpack(paths))
        return found

    def get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        found: dict[bytes, bytes] = {}
        stale: list[bytes] = []
        broken: list[bytes] = []
        now = int(time.time())
        for some in _chunks(keys):
            marks = ",".join("?" * len(some))
            rows = self._query(
                f"SELECT key, seal, manifest, used FROM renders WHERE key IN ({marks})", some
            )
            for key, mark, manifest, used in rows:
                if not isinstance(manifest, bytes) or mark != seal(key, manifest):
                    broken.append(key)
                    continue
                found[key] = manifest
                if now - used > NOTED_EVERY:
                    stale.append(key)
        for some in _chunks(broken):
            self._query(f"DELETE FROM renders WHERE key IN ({','.join('?' * len(some))})", some)
        for some in _chunks(stale):
            marks = ",".join("?" * len(some))
            self._query(f"UPDATE renders SET used = ? WHERE key IN ({marks})", [now, *some])
        return found

    def has(self, keys: Sequence[bytes]) -> set[bytes]:
        return {
            key
            for some in _chunks(keys)
            for (key,) in self._query(
                f"SELECT key FROM renders WHERE key IN ({','.join('?' * len(some))})", some
            )
        }

    def put(self, renders: Iterable[tuple[bytes, bytes, Sequence[str], bytes]]) -> None:
        if self._db is None:
            return
        now = int(time.time())
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for subject, key, paths, manifest in renders:
                packed = pack(paths)
                self._db.execute(
                    "INSERT OR REPLACE INTO shapes VALUES (?, ?, ?, ?)",
                    (subject, sha256(packed).digest(), packed, time.time_ns()),
                )
                self._db.execute(
                    "DELETE FROM shapes WHERE subject = ?1 AND shape NOT IN"
                    " (SELECT shape FROM shapes WHERE subject = ?1 ORDER BY used DESC LIMIT ?2)",
                    (subject, SHAPES_PER_SUBJECT),
                )
                self._db.execute(
                    "INSERT OR REPLACE INTO renders VALUES (?, ?, ?, ?, ?)",
                    (key, seal(key, manifest), manifest, len(manifest), now),
                )
                self._added += len(manifest)
            self._db.execute("COMMIT")
        except sqlite3.OperationalError:
            self._query("ROLLBACK")
        except sqlite3.DatabaseError:
            self._start_over()
        if self._added > self.limit // 20:
            self._added = 0
            self.prune()

    def stats(self) -> Stats:
        rows = self._query("SELECT count(*), coalesce(sum(size), 0) FROM renders")
        shapes = self._query("SELECT count(*) FROM shapes")
        renders, size = rows[0] if rows else (0, 0)
        count = shapes[0][0] if shapes else 0
        return Stats(self.path, int(renders), int(count), int(size), self.limit, self.problem)

    def prune(self, limit: int | None = None) -> int:
        limit = self.limit if limit is None else limit
        before = self.stats()
        if before.bytes <= limit:
            return 0
        self._query(
            """DELETE FROM renders WHERE key IN (
                 SELECT key FROM (
                   SELECT key, sum(size) OVER (ORDER BY used DESC, rowid DESC) AS total FROM renders
                 ) WHERE total > ?)""",
            (int(limit * KEEP_AFTER_EVICTION),),
        )
        if limit == 0:
            self._query("DELETE FROM shapes")
        self._query("PRAGMA wal_checkpoint(TRUNCATE)")
        self._query("VACUUM")
        return before.renders - self.stats().renders

    def close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def _chunks(items: Sequence[bytes]) -> Iterable[Sequence[bytes]]:
    return (items[i : i + IN_ONE_QUERY] for i in range(0, len(items), IN_ONE_QUERY))
