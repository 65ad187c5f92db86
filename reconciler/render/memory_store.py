"""Renders kept in memory, for a process that many threads ask: in front of another store."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from reconciler.render.store import SHAPES_PER_SUBJECT, Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DEFAULT_LIMIT = 16 << 20


class MemoryStore(Store):
    """What was used last, up to a limit in bytes; safe for threads, also around one that is not."""

    def __init__(self, behind: Store | None = None, limit: int = DEFAULT_LIMIT) -> None:
        self._behind = behind or Store()
        self._lock = Lock()
        self._shapes: OrderedDict[bytes, list[list[str]]] = OrderedDict()
        self._manifests: OrderedDict[bytes, bytes] = OrderedDict()
        self._limit = limit
        self._used = 0

    def shapes(self, subjects: Sequence[bytes]) -> dict[bytes, list[list[str]]]:
        with self._lock:
            found = {s: list(self._shapes[s]) for s in subjects if s in self._shapes}
            for subject in found:
                self._shapes.move_to_end(subject)
            absent = [s for s in subjects if s not in found]
            for subject, shapes in (self._behind.shapes(absent) if absent else {}).items():
                found[subject] = shapes
                self._add_shapes(subject, shapes)
            return found

    def get(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        with self._lock:
            found = {}
            for key in keys:
                if key in self._manifests:
                    self._manifests.move_to_end(key)
                    found[key] = self._manifests[key]
            absent = [key for key in keys if key not in found]
            for key, manifest in (self._behind.get(absent) if absent else {}).items():
                found[key] = manifest
                self._add(key, manifest)
            return found

    def has(self, keys: Sequence[bytes]) -> set[bytes]:
        with self._lock:
            here = {key for key in keys if key in self._manifests}
            return here | self._behind.has([key for key in keys if key not in here])

    def put(self, renders: Iterable[tuple[bytes, bytes, Sequence[str], bytes]]) -> None:
        renders = list(renders)
        with self._lock:
            for subject, key, paths, manifest in renders:
                known = self._shapes.get(subject, [])
                others = [shape for shape in known if shape != list(paths)]
                self._drop_shapes(subject)
                self._add_shapes(subject, [list(paths), *others][:SHAPES_PER_SUBJECT])
                self._add(key, manifest)
            self._behind.put(renders)

    def close(self) -> None:
        with self._lock:
            self._behind.close()

    def _add(self, key: bytes, manifest: bytes) -> None:
        self._used += len(manifest) - len(self._manifests.pop(key, b""))
        self._manifests[key] = manifest
        self._make_room()

    def _add_shapes(self, subject: bytes, shapes: list[list[str]]) -> None:
        self._shapes[subject] = shapes
        self._used += _size(shapes)
        self._make_room()

    def _drop_shapes(self, subject: bytes) -> None:
        self._used -= _size(self._shapes.pop(subject, []))

    def _make_room(self) -> None:
        """Manifests go first: a shape without its manifest still says what to look at."""
        while self._used > self._limit and self._manifests:
            self._used -= len(self._manifests.popitem(last=False)[1])
        while self._used > self._limit and self._shapes:
            self._used -= _size(self._shapes.popitem(last=False)[1])


def _size(shapes: Iterable[Sequence[str]]) -> int:
    """About what the lists take; the paths themselves are mostly shared."""
    return sum(100 + 16 * len(paths) + sum(map(len, paths)) for paths in shapes)
