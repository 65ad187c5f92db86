"""Two lists of objects: which became which, and what differs in each."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.compare.difference import ChangeKind, Difference, ObjectChange, Rename
from reconciler.compare.fields import Comparison
from reconciler.compare.recreation import recreated_by
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.masking import Mask
from reconciler.kubernetes.structure import Structure
from reconciler.kubernetes.values import Value, same

# What Kustomize puts after the name of what it generates.
HASH = re.compile(r"(.+)-[2456789bcdfghkmt]{10}")

Object = Mapping[str, Value]
Key = tuple[Identity, int]  # of several objects with one identity, which they must not have


def compare(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    structure: Structure,
    namespaces: Mapping[str, str] | None = None,
) -> Difference:
    """What must happen to the objects of `before` so that they become those of `after`.

    Objects in the `namespaces` are taken for those in other ones: two environments of an app.
    """
    veil = Mask()
    old = _index(map(veil.object, before))
    new = _index(map(veil.object, after))
    moved = namespaces or {}
    pairs = _pairs(list(old), list(new), moved)
    renamed = {a[0].name: b[0].name for a, b in pairs.items() if _is_renamed(a[0], b[0])}
    changed = [
        found
        for a, b in pairs.items()
        if (found := _changed((a[0], b[0]), old[a], new[b], Comparison(structure, renamed, moved)))
    ]
    gone = [ObjectChange(a[0], None, body=old[a]) for a in old if a not in pairs]
    taken = set(pairs.values())
    come = [ObjectChange(None, b[0], body=new[b]) for b in new if b not in taken]
    objects = sorted([*changed, *gone, *come], key=lambda c: c.identity)
    stayed = [pairs[a] for a in old if a in pairs]
    return Difference(
        tuple(objects),
        _renames(pairs, objects, moved),
        reordered=stayed != [b for b in new if b in taken],
    )


def identity_of(found: Object) -> Identity:
    metadata = found.get("metadata")
    names = metadata if isinstance(metadata, Mapping) else {}
    group, slash, _ = _text(found.get("apiVersion")).partition("/")
    return Identity(
        group if slash else "",
        _text(found.get("kind")),
        _text(names.get("namespace")),
        _text(names.get("name")),
    )


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _index(objects: Iterable[Object]) -> dict[Key, Object]:
    found: dict[Key, Object] = {}
    seen: Counter[Identity] = Counter()
    for one in objects:
        identity = identity_of(one)
        found[identity, seen[identity]] = one
        seen[identity] += 1
    return found


def _pairs(old: Sequence[Key], new: Sequence[Key], moved: Mapping[str, str]) -> dict[Key, Key]:
    """By identity; what is left by identity but for the hash at the end of the name."""
    wanted = set(new)
    found = {}
    for key in old:
        there = (_elsewhere(key[0], moved), key[1])
        if there in wanted:
            found[key] = there
    taken = set(found.values())
    was, now = (
        _by_base(k for k in old if k not in found),
        _by_base(k for k in new if k not in taken),
    )
    for base, keys in was.items():
        others = now.get(_elsewhere(base, moved), [])
        if len(keys) == len(others) == 1:
            found[keys[0]] = others[0]
    return found


def _elsewhere(identity: Identity, moved: Mapping[str, str]) -> Identity:
    group, kind, namespace, name = identity.group, identity.kind, identity.namespace, identity.name
    if (group, kind) == ("", "Namespace"):
        return Identity(group, kind, namespace, moved.get(name, name))
    return Identity(group, kind, moved.get(namespace, namespace), name)


def _by_base(keys: Iterable[Key]) -> dict[Identity, list[Key]]:
    found: dict[Identity, list[Key]] = defaultdict(list)
    for key in keys:
        i = key[0]
        if match := HASH.fullmatch(i.name):
            found[Identity(i.group, i.kind, i.namespace, match[1])].append(key)
    return found


def _is_renamed(was: Identity, now: Identity) -> bool:
    return was.name != now.name and HASH.fullmatch(was.name) is not None


def _changed(
    pair: tuple[Identity, Identity], before: Object, after: Object, comparison: Comparison
) -> ObjectChange | None:
    if same(before, after):
        return None
    was, now = pair
    comparison.objects(before, after)
    changes = tuple(c for c in comparison.changes if c.kind != ChangeKind.follows)
    follows = tuple(c for c in comparison.changes if c.kind == ChangeKind.follows)
    # Under another name it is a new object anyway.
    recreated = () if was.name != now.name else recreated_by(now, before, changes)
    return ObjectChange(was, now, changes, follows, recreated)


def _renames(
    pairs: Mapping[Key, Key], objects: Sequence[ObjectChange], moved: Mapping[str, str]
) -> tuple[Rename, ...]:
    users: dict[str, list[Identity]] = defaultdict(list)
    for change in objects:
        for name in sorted({c.before for c in change.follows if isinstance(c.before, str)}):
            users[name].append(change.identity)
    found = [
        Rename(a[0].name, b[0].name, b[0], _others(users[a[0].name], b[0]))
        for a, b in pairs.items()
        if _is_renamed(a[0], b[0])
    ]
    found += [
        Rename(a, b, Identity("", "Namespace", "", b), tuple(users[a]))
        for a, b in moved.items()
        if a != b and users[a]
    ]
    return tuple(sorted(found, key=lambda r: r.what))


def _others(users: Iterable[Identity], itself: Identity) -> tuple[Identity, ...]:
    return tuple(user for user in users if user != itself)


def namespaces_of(objects: Iterable[Mapping[str, Any]]) -> set[str]:
    """All that objects are in."""
    metadata = [o["metadata"] for o in objects if isinstance(o.get("metadata"), Mapping)]
    return {m["namespace"] for m in metadata if isinstance(m.get("namespace"), str)}
