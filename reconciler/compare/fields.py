"""Two values of one kind, field by field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType

from reconciler.compare.difference import ChangeKind, FieldChange, ListItem, Path
from reconciler.compare.lists import label, match
from reconciler.git.line_hunks import hunks
from reconciler.kubernetes.quantities import same_amount
from reconciler.kubernetes.structure import Shape, Structure
from reconciler.kubernetes.values import HiddenValue, Value, kind_of, same

NOTHING_RENAMED: Mapping[str, str] = MappingProxyType({})


class Comparison:
    """Collects changes; what only follows a renamed object or namespace is told apart."""

    def __init__(
        self,
        structure: Structure,
        renamed: Mapping[str, str] = NOTHING_RENAMED,
        namespaces: Mapping[str, str] = NOTHING_RENAMED,
    ) -> None:
        self.changes: list[FieldChange] = []
        self._structure = structure
        self._renamed = renamed
        self._namespaces = namespaces

    def objects(self, before: Mapping[str, Value], after: Mapping[str, Value]) -> None:
        version, kind = (str(after.get(field, "")) for field in ("apiVersion", "kind"))
        self._mappings((), before, after, self._structure.of(version, kind))

    def values(self, path: Path, before: Value, after: Value, shape: Shape) -> None:
        if same(before, after):
            return
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            self._mappings(path, before, after, shape)
        elif isinstance(before, tuple) and isinstance(after, tuple):
            self._lists(path, before, after, shape)
        else:
            self.changes.append(self._single(path, before, after, shape))

    def _mappings(
        self, path: Path, before: Mapping[str, Value], after: Mapping[str, Value], shape: Shape
    ) -> None:
        for key in sorted(before.keys() | after.keys()):
            place = (*path, key)
            if key not in after:
                self.changes.append(FieldChange(place, ChangeKind.removed, before=before[key]))
            elif key not in before:
                self.changes.append(FieldChange(place, ChangeKind.added, after=after[key]))
            else:
                below = self._structure.field(shape, key)
                self.values(place, before[key], after[key], below)

    def _lists(
        self, path: Path, before: tuple[Value, ...], after: tuple[Value, ...], shape: Shape
    ) -> None:
        pairs = match(before, after, shape, self._new_name)
        was = {m.before: m for m in pairs}
        now = {m.after: m for m in pairs}
        keys = next((m.by for m in pairs if m.by), _keys(before + after, shape))
        below = self._structure.item(shape)

        def named(item: Value, position: int, by: tuple[str, ...]) -> str:
            return label(item, by) if by else str(position)

        for i, item in enumerate(before):
            if i not in was:
                step = ListItem(named(item, i, keys), i, None, keys)
                self.changes.append(FieldChange((*path, step), ChangeKind.removed, before=item))
        for j, item in enumerate(after):
            if j in now:
                m = now[j]
                step = ListItem(named(item, j, m.by), m.before, j, m.by)
                self.values((*path, step), before[m.before], item, below)
            else:
                step = ListItem(named(item, j, keys), None, j, keys)
                self.changes.append(FieldChange((*path, step), ChangeKind.added, after=item))
        order = tuple(now[j].before for j in sorted(now))
        if list(order) != sorted(order):
            self.changes.append(
                FieldChange(
                    path,
                    ChangeKind.reordered,
                    before=tuple(_title(before[i], keys) for i in sorted(order)),
                    after=tuple(_title(before[i], keys) for i in order),
                    note="a set: its order means nothing" if shape.set else "",
                    order=order,
                )
            )

    def _single(self, path: Path, before: Value, after: Value, shape: Shape) -> FieldChange:
        if isinstance(before, str) and after in self._names(path, before):
            return FieldChange(path, ChangeKind.follows, before, after)
        if shape.quantity and not shape.mapping and same_amount(before, after):
            return FieldChange(path, ChangeKind.respelled, before, after, note="the same quantity")
        if isinstance(before, str) and isinstance(after, str):
            return self._texts(path, before, after)
        note = ""
        if kind_of(before) != kind_of(after) and not isinstance(before, HiddenValue):
            note = f"{kind_of(before)} → {kind_of(after)}"
        return FieldChange(path, ChangeKind.changed, before, after, note=note)

    def _names(self, path: Path, name: str) -> tuple[str | None, ...]:
        """What this name may have become: a hash is found anywhere, a namespace in its field."""
        if path[-1:] == ("namespace",) or path == ("metadata", "name"):
            return self._renamed.get(name), self._namespaces.get(name)
        return (self._renamed.get(name),)

    def _texts(self, path: Path, before: str, after: str) -> FieldChange:
        old, new = _laid_out(before), _laid_out(after)
        if old is not None and new is not None:
            if old == new:
                return FieldChange(path, ChangeKind.respelled, before, after, note="the same JSON")
            found = hunks(old, new)
            return FieldChange(path, ChangeKind.changed, before, after, note="JSON", hunks=found)
        if "\n" in before.rstrip("\n") or "\n" in after.rstrip("\n"):
            return FieldChange(path, ChangeKind.changed, before, after, hunks=hunks(before, after))
        return FieldChange(path, ChangeKind.changed, before, after)

    def _new_name(self, value: Value) -> Value:
        """A value with all names as they are on the other side."""
        if not self._renamed:
            return value
        if isinstance(value, str):
            return self._renamed.get(value, value)
        if isinstance(value, Mapping):
            return MappingProxyType({k: self._new_name(v) for k, v in value.items()})
        if isinstance(value, tuple):
            return tuple(map(self._new_name, value))
        return value


def _laid_out(text: str) -> str | None:
    """JSON that was written into one line, a line for each part of it."""
    if text[:1] not in ("{", "[") or "\n" in text.strip():
        return None
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    except (ValueError, RecursionError):
        return None


def _keys(items: tuple[Value, ...], shape: Shape) -> tuple[str, ...]:
    """What to call items by when none of them stayed."""
    for keys in (shape.keys, ("name",)):
        if keys and all(
            isinstance(v, Mapping) and isinstance(v.get(keys[0]), (str, int)) for v in items
        ):
            return keys
    return ()


def _title(item: Value, keys: tuple[str, ...]) -> Value:
    if isinstance(item, Mapping):
        return label(item, keys) if keys else "…"
    return item
