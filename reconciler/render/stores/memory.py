"""Renders kept in memory, for a process that many threads ask: in front of another store."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from reconciler.render.stores.disk import SHAPES_PER_SUBJECT, Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEFAULT_LIMIT = 16 << 20


class MemoryStore(Store):
    """What was used last, up to a limit in bytes; safe for threads, also around one that is not.

    One thread at a time asks the store behind, and those whom memory answers do not wait for it.
    """

    def __init__(self, behind: Store | None = None, limit: int = DEFAULT_LIMIT) -> None:
        self._behind = behind or Store()
        self._lock = Lock()
        self._lock_behind = Lock()
        self._shapes: OrderedDict[bytes, list[list[str]]] = OrderedDict()
        self._manifests: OrderedDict[bytes, bytes] = OrderedDict()
        self._limit = limit
        self._used = 0

    def shapes(self, subjects: Sequence[bytes]) -> dict[bytes, list[list[str]]]:
        with self._lock:
            found = {s: list(self._shapes[s]) for s in subjects if s in self._shapes}
            for subject in found:
                self._shapes.move_to_end(subject)
        if absent := [s for s in subjects if s not in found]:
            with self._lock_behind:
                behind = self._behind.shapes(absent)
            with self._lock:
                for subject, shapes in behind.items():
                    found[subject] = _merged(self._shapes.get(subject, []), shapes)
                    self._set_shapes(subject, found[subject])
        return found

    def get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        with self._lock:
            found = {}
            for key in keys:
                if key in self._manifests:
                    self._manifests.move_to_end(key)
                    found[key] = self._manifests[key]
        if absent := [key for key in keys if key not in found]:
            with self._lock_behind:
                behind = self._behind.get(absent)
            with self._lock:
                for key, manifest in behind.items():
                    found[key] = manifest
                    self._add(key, manifest)
        return found

    def has(self, keys: Sequence[bytes]) -> set[bytes]:
        with self._lock:
            found = {key for key in keys if key in self._manifests}
        if absent := [key for key in keys if key not in found]:
            with self._lock_behind:
                found |= self._behind.has(absent)
        return found

    def put(self, renders: Iterable[tuple[bytes, bytes, Sequence[str], bytes]]) -> None:
        renders = list(renders)
        with self._lock:
            for subject, key, paths, manifest in renders:
                known = self._shapes.get(subject, [])
                self._set_shapes(subject, _merged([list(paths)], known))
                self._add(key, manifest)
        with self._lock_behind:
            self._behind.put(renders)

    def close(self) -> None:
        with self._lock_behind:
            self._behind.close()

    def _add(self, key: bytes, manifest: bytes) -> None:
        self._used += len(manifest) - len(self._manifests.pop(key, b""))
        self._manifests[key] = manifest
        self._make_room()

    def _set_shapes(self, subject: bytes, shapes: list[list[str]]) -> None:
        self._used += _size(shapes) - _size(self._shapes.pop(subject, []))
        self._shapes[subject] = shapes
        self._make_room()

    def _make_room(self) -> None:
        """Manifests go first: a shape without its manifest still says what to look at."""
        while self._used > self._limit and self._manifests:
            self._used -= len(self._manifests.popitem(last=False)[1])
        while self._used > self._limit and self._shapes:
            self._used -= _size(self._shapes.popitem(last=False)[1])


def _merged(newer: list[list[str]], older: list[list[str]]) -> list[list[str]]:
    return [*newer, *(shape for shape in older if shape not in newer)][:SHAPES_PER_SUBJECT]


def _size(shapes: Iterable[Sequence[str]]) -> int:
    """About what the lists take; the paths themselves are mostly shared."""
    return sum(100 + 16 * len(paths) + sum(map(len, paths)) for paths in shapes)
