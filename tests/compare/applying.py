"""Carries a difference out: what it must hold, told in another way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from reconciler.compare.difference import ChangeKind, Difference, FieldChange, ListItem
from reconciler.compare.object_lists import identity_of
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.values import ABSENT, Absent, Value

Step = tuple[tuple[str | ListItem, ...], FieldChange]


def applied(
    difference: Difference, before: Sequence[Mapping[str, Value]]
) -> dict[Identity, Value | Absent]:
    """The objects of `before` once the difference has been carried out."""
    found: dict[Identity, Value | Absent] = {identity_of(o): o for o in before}
    for change in difference.objects:
        whole: Value | Absent = ABSENT
        if change.before is not None:
            whole = found.pop(change.before)
        if change.after is not None:
            if change.before is None:
                assert change.body is not None
                whole = change.body
            steps = [(c.path, c) for c in (*change.changes, *change.follows)]
            found[change.after] = _apply(whole, steps)
    return found


def _apply(value: Value | Absent, steps: Sequence[Step]) -> Value | Absent:
    whole = [c for path, c in steps if not path and c.kind != ChangeKind.reordered]
    if whole:
        return whole[0].after
    if isinstance(value, Mapping):
        return _mapping(value, steps)
    if isinstance(value, tuple):
        return _list(value, steps)
    assert not steps
    return value


def _mapping(value: Mapping[str, Value], steps: Sequence[Step]) -> Value:
    inside: dict[str, list[Step]] = defaultdict(list)
    for path, change in steps:
        assert isinstance(path[0], str)
        inside[path[0]].append((path[1:], change))
    found = dict(value)
    for key, some in inside.items():
        result = _apply(value.get(key, ABSENT), some)
        if isinstance(result, Absent):
            del found[key]
        else:
            found[key] = result
    return MappingProxyType(found)


def _list(value: tuple[Value, ...], steps: Sequence[Step]) -> Value:
    inside: dict[int, list[Step]] = defaultdict(list)
    added: dict[int, Value] = {}
    gone: set[int] = set()
    order: tuple[int, ...] = ()
    for path, change in steps:
        if not path:
            order = change.order
            continue
        step = path[0]
        assert isinstance(step, ListItem)
        if step.before is None:
            assert step.after is not None
            assert not isinstance(change.after, Absent)
            added[step.after] = change.after
        elif step.after is None:
            gone.add(step.before)
        else:
            inside[step.before].append((path[1:], change))
    kept = order or tuple(i for i in range(len(value)) if i not in gone)
    found = [_apply(value[i], inside[i]) for i in kept]
    for position in sorted(added):
        found.insert(position, added[position])
    return tuple(v for v in found if not isinstance(v, Absent))
