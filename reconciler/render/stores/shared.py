"""Renders kept in Redis or Valkey, for replicas that answer for the same repositories."""

from __future__ import annotations

import time
from hashlib import sha256

import redis

from reconciler.render.stores.disk import (
    FORMAT,
    SHAPES_PER_SUBJECT,
    Stats,
    Store,
    pack,
    seal,
    unpack,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

# What nobody asked for in this time goes; within it the server's own maxmemory policy decides.
KEEP_SECONDS = 30 * 86400
SEAL_BYTES = 32

# A cache that answers late is worth less than rendering again.
PATIENCE = 2.0

# For so long a server that did not answer is not asked again: each render would wait for it.
PAUSE = 30.0


class SharedStore(Store):
    """Entries carry a seal: what somebody else wrote under our names is not served."""

    def __init__(self, url: str) -> None:
        self._redis: Any = redis.Redis.from_url(
            url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
        self._away_until = 0.0
        shown = self._redis.connection_pool.connection_kwargs
        self.location = f"{shown.get('host') or shown.get('path')}:{shown.get('port', '')}"

    def shapes(self, subjects: Sequence[bytes]) -> dict[bytes, list[list[str]]]:
        if not subjects:
            return {}
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for subject in subjects:
                    pipe.lrange(_name(b"shapes", subject), 0, SHAPES_PER_SUBJECT - 1)
                answers = self._ask(pipe.execute)
        except redis.RedisError:
            return {}
        return {
            subject: [unpack(packed) for packed in packs]
            for subject, packs in zip(subjects, answers, strict=True)
            if packs
        }

    def get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        if not keys:
            return {}
        try:
            values = self._ask(lambda: self._redis.mget([_name(b"render", key) for key in keys]))
        except redis.RedisError:
            return {}
        found: dict[bytes, bytes] = {}
        for key, value in zip(keys, values, strict=True):
            if value is not None and value[:SEAL_BYTES] == seal(key, value[SEAL_BYTES:]):
                found[key] = value[SEAL_BYTES:]
        return found

    def has(self, keys: Sequence[bytes]) -> set[bytes]:
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.exists(_name(b"render", key))
                answers = self._ask(pipe.execute)
        except redis.RedisError:
            return set()
        return {key for key, there in zip(keys, answers, strict=True) if there}

    def put(self, renders: Iterable[tuple[bytes, bytes, Sequence[str], bytes]]) -> None:
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for subject, key, paths, manifest in renders:
                    shapes = _name(b"shapes", subject)
                    packed = pack(paths)
                    pipe.lrem(shapes, 0, packed)
                    pipe.lpush(shapes, packed)
                    pipe.ltrim(shapes, 0, SHAPES_PER_SUBJECT - 1)
                    pipe.expire(shapes, KEEP_SECONDS)
                    value = seal(key, manifest) + manifest
                    pipe.set(_name(b"render", key), value, ex=KEEP_SECONDS)
                self._ask(pipe.execute)
        except redis.RedisError:
            pass

    def stats(self) -> Stats:
        counts = {b"render": 0, b"shapes": 0}
        size = 0
        try:
            for name in self._redis.scan_iter(_name(b"*", b"", glob=True), count=1000):
                kind = name.split(b":")[2]
                counts[kind] += 1
                if kind == b"render":
                    size += max(0, self._redis.strlen(name) - SEAL_BYTES)
            limit = int(self._redis.config_get("maxmemory").get("maxmemory", 0))
        except redis.RedisError as e:
            return Stats(self.location, 0, 0, 0, 0, problem=str(e))
        return Stats(self.location, counts[b"render"], counts[b"shapes"], size, limit)

    def prune(self, limit: int | None = None) -> int:
        """The server evicts by itself; only emptying is ours to do."""
        if limit != 0:
            return 0
        before = self.stats().renders
        try:
            for name in self._redis.scan_iter(_name(b"*", b"", glob=True), count=1000):
                self._redis.unlink(name)
        except redis.RedisError:
            return 0
        return before - self.stats().renders

    def close(self) -> None:
        self._redis.close()

    def _ask(self, ask: Callable[[], Any]) -> Any:
        if time.monotonic() < self._away_until:
            raise redis.ConnectionError("the server did not answer a short time ago")
        try:
            return ask()
        except (redis.ConnectionError, redis.TimeoutError):
            self._away_until = time.monotonic() + PAUSE
            raise


def _name(kind: bytes, key: bytes, *, glob: bool = False) -> bytes:
    tail = b"*" if glob else sha256(key).hexdigest().encode()
    return b"reconciler:%d:%s:%s" % (FORMAT, kind, tail)
