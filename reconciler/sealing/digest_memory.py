"""What is known of the plaintext of sealed values: by this machine, and by the team."""

from __future__ import annotations

import hmac
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Protocol

from reconciler.errors import SealingError
from reconciler.sealing.digests import LEAST_BYTES, DigestKey, Plain
from reconciler.sealing.scope import Scope
from reconciler.sealing.seal_record import SealedItem

SCHEMA = """
CREATE TABLE IF NOT EXISTS key (one INTEGER PRIMARY KEY CHECK (one = 1), key BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS digests (ciphertext TEXT PRIMARY KEY, digest TEXT NOT NULL);
"""
PATIENCE_SECONDS = 10


class DigestMemory(Protocol):
    """Knows whether a value is what a ciphertext holds, and is told of new ones."""

    def recalls(
        self, item: SealedItem, scope: Scope, context: str, key: str, plain: Plain
    ) -> bool: ...

    def published(
        self, item: SealedItem, scope: Scope, context: str, key: str, plain: Plain
    ) -> str:
        """The digest that belongs into the repository, "" if none does."""
        ...

    def note(
        self, item: SealedItem, scope: Scope, context: str, key: str, plain: Plain
    ) -> None: ...

    def carry(self, before: SealedItem, after: SealedItem) -> None:
        """A ciphertext was replaced by another of the same plaintext."""
        ...


class NoDigests:
    """Remembers nothing: each value counts as changed."""

    def recalls(self, item: SealedItem, scope: Scope, context: str, key: str, plain: Plain) -> bool:
        return False

    def published(
        self, item: SealedItem, scope: Scope, context: str, key: str, plain: Plain
    ) -> str:
        return ""

    def note(self, item: SealedItem, scope: Scope, context: str, key: str, plain: Plain) -> None:
        pass

    def carry(self, before: SealedItem, after: SealedItem) -> None:
        pass


class DigestFile:
    """A file of this clone with a key of its own, and the team's key where there is one."""

    def __init__(self, file: str, team: DigestKey | None = None) -> None:
        self._file = file
        self._team = team
        self._own: DigestKey | None = None

    def recalls(self, item: SealedItem, scope: Scope, context: str, key: str, plain: Plain) -> bool:
        about = (scope, context, key, plain)
        if self._team and item.digest.startswith(f"{self._team.name}:"):
            return hmac.compare_digest(item.digest, self._team.digest(*about))
        with self._open() as (db, own):
            found = db.execute(
                "SELECT digest FROM digests WHERE ciphertext = ?", (item.ciphertext,)
            ).fetchone()
        return found is not None and hmac.compare_digest(found[0], own.digest(*about))

    def published(
        self, item: SealedItem, scope: Scope, context: str, key: str, plain: Plain
    ) -> str:
        if self._team is None:
            return item.digest
        return self._team.digest(scope, context, key, plain)

    def note(self, item: SealedItem, scope: Scope, context: str, key: str, plain: Plain) -> None:
        with self._open() as (db, own), db:
            digest = own.digest(scope, context, key, plain)
            db.execute("INSERT OR REPLACE INTO digests VALUES (?, ?)", (item.ciphertext, digest))

    def carry(self, before: SealedItem, after: SealedItem) -> None:
        with self._open() as (db, _), db:
            db.execute(
                "INSERT OR REPLACE INTO digests SELECT ?, digest FROM digests WHERE ciphertext = ?",
                (after.ciphertext, before.ciphertext),
            )

    @contextmanager
    def _open(self) -> Iterator[tuple[sqlite3.Connection, DigestKey]]:
        try:
            os.makedirs(os.path.dirname(self._file), mode=0o700, exist_ok=True)
            os.close(os.open(self._file, os.O_CREAT | os.O_RDWR, 0o600))
            with closing(sqlite3.connect(self._file, timeout=PATIENCE_SECONDS)) as db:
                db.executescript(SCHEMA)
                yield db, self._own_key(db)
        except (OSError, sqlite3.Error) as e:
            raise SealingError(
                f"{self._file} cannot be used",
                why=str(e),
                hint="it says which values changed; without it, all are sealed again: remove it",
            ) from e

    def _own_key(self, db: sqlite3.Connection) -> DigestKey:
        if self._own is None:
            with db:
                fresh = os.urandom(LEAST_BYTES)
                db.execute("INSERT OR IGNORE INTO key VALUES (1, ?)", (fresh,))
                (key,) = db.execute("SELECT key FROM key").fetchone()
            self._own = DigestKey(bytes(key))
        return self._own
