"""What the fields of entries were before, as far back as somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from reconciler.errors import ReconcilerError
from reconciler.git.file_history import FileHistory, FileVersion
from reconciler.promotion.plan.entry_fields import EntryFields, FieldAddress, read_fields
from reconciler.promotion.plan.field_decisions import ABSENT, FieldPast


class EntryPast:
    """The entries of two environments, and the history of both."""

    def __init__(self, history: FileHistory) -> None:
        self._history = history
        self.read = lru_cache(maxsize=None)(read_fields)

    def past(self, path: str, address: FieldAddress, wanted: Any, begin: int = 0) -> FieldPast:
        """From a version on, back to where the field had the `wanted` value."""
        values: list[Any] = []
        since, ago = None, 0
        for number, (version, fields) in enumerate(self.versions(path)):
            if number < begin or fields is None:
                continue
            value = fields.values.get(address, ABSENT)
            if not values or values[-1] != value:
                values.append(value)
            if len(values) == 1:
                since, ago = version.commit, version.position
            elif wanted in values[1:]:
                break
        return FieldPast(tuple(values), since, ago, self._history.whole)

    def latest(self, path: str, address: FieldAddress) -> FieldPast:
        """The value that the field has now, and since when."""
        value: Any = ABSENT
        since, ago = None, 0
        for version, fields in self.versions(path):
            if since is None and fields:
                value = fields.values.get(address, ABSENT)
            elif fields is None or fields.values.get(address, ABSENT) != value:
                break
            since, ago = version.commit, version.position
        return FieldPast((value,), since, ago, self._history.whole)

    def versions(self, path: str) -> Iterator[tuple[FileVersion, EntryFields | None]]:
        """What could not be read, or was not there, has no fields."""
        for version in self._history.versions(path):
            yield version, self._fields(version, path)

    def _fields(self, version: FileVersion, path: str) -> EntryFields | None:
        try:
            return self.read(version.content, path) if version.content else None
        except ReconcilerError:
            return None
