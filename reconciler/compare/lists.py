"""Which item of a list became which: by what Kubernetes tells them apart by, else by content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from reconciler.git.line_hunks import common
from reconciler.kubernetes.list_keys import DEFAULTS, positions
from reconciler.kubernetes.structure import Shape
from reconciler.kubernetes.values import Value, token

ALIKE = 0.5
MAX_COMPARED_PAIRS = 10_000

List = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """Positions of an item before and after, and the fields that say it is the same one."""

    before: int
    after: int
    by: tuple[str, ...] = ()


def match(
    before: List, after: List, shape: Shape, renamed: Callable[[Value], Value]
) -> list[Matched]:
    """The items that go together, in the order of `before`; all others were removed or added."""
    old = tuple(map(renamed, before))
    for keys in (shape.keys, ("name",)):
        if keys and (found := _by_keys(old, after, keys)) is not None:
            return sorted(found, key=lambda m: m.before)
    return sorted(_by_content(old, after), key=lambda m: m.before)


def label(item: Value, by: Sequence[str]) -> str:
    """What an item is called: its keys without those that are the default."""
    assert isinstance(item, Mapping)  # noqa: S101
    values = [str(item[key]) for key in by if key in item and item[key] != DEFAULTS.get(key)]
    return "/".join(values)


def _by_keys(before: List, after: List, keys: tuple[str, ...]) -> list[Matched] | None:
    old, new = positions(before, keys), positions(after, keys)
    if old is None or new is None:
        return None
    found = [Matched(i, new[key], keys) for key, i in old.items() if key in new]
    if "name" in keys:
        return found
    # A port that has another number now is still the port of that name.
    left = [i for key, i in old.items() if key not in new]
    came = [j for key, j in new.items() if key not in old]
    names = positions([before[i] for i in left], ("name",)) or {}
    others = positions([after[j] for j in came], ("name",)) or {}
    found += [
        Matched(left[i], came[others[name]], ("name",))
        for name, i in names.items()
        if name in others
    ]
    return found


def _by_content(before: List, after: List) -> Iterator[Matched]:
    """Equal items, as many as can be in order; then the like ones in between; then the moved."""
    old, new = [token(v) for v in before], [token(v) for v in after]
    equal = common(old, new)
    yield from (Matched(i, j) for i, j in equal)
    gone = set(range(len(old))) - {i for i, _ in equal}
    come = set(range(len(new))) - {j for _, j in equal}
    for i, j in _moved(old, new, gone, come):
        yield Matched(i, j)
        gone.discard(i)
        come.discard(j)
    edges = [(-1, -1), *equal, (len(old), len(new))]
    for (i, j), (k, m) in pairwise(edges):
        some = [x for x in range(i + 1, k) if x in gone]
        others = [y for y in range(j + 1, m) if y in come]
        yield from (Matched(x, y) for x, y in _alike(before, after, some, others))


def _moved(
    old: list[str], new: list[str], gone: set[int], come: set[int]
) -> Iterator[tuple[int, int]]:
    places: dict[str, list[int]] = {}
    for j in sorted(come, reverse=True):
        places.setdefault(new[j], []).append(j)
    for i in sorted(gone):
        if places.get(old[i]):
            yield i, places[old[i]].pop()


def _alike(
    before: List, after: List, gone: list[int], come: list[int]
) -> Iterator[tuple[int, int]]:
    """Pairs of a gap, the most alike first."""
    if len(gone) == len(come) == 1 and type(before[gone[0]]) is type(after[come[0]]):
        yield gone[0], come[0]
        return
    if len(gone) * len(come) > MAX_COMPARED_PAIRS:
        return
    old = {i: _part(before[i]) for i in gone}
    new = {j: _part(after[j]) for j in come}
    scored = [(-_likeness(a, b), i, j) for i, a in old.items() for j, b in new.items()]
    taken: set[int] = set()
    given: set[int] = set()
    for score, i, j in sorted(scored):
        if -score >= ALIKE and i not in taken and j not in given:
            taken.add(i)
            given.add(j)
            yield i, j


def _likeness(a: _Part, b: _Part) -> float:
    """From 0 to 1: the part of two items that is the same; a flag is the same by its name."""
    if a.flag or b.flag:
        return float(a.flag == b.flag)
    return len(a.leaves & b.leaves) / max(len(a.leaves), len(b.leaves), 1)


@dataclass(frozen=True, slots=True)
class _Part:
    """What an item is compared by if it is not equal to another."""

    flag: str
    leaves: frozenset[str]


def _part(value: Value) -> _Part:
    if isinstance(value, str):
        flag, equals, _ = value.partition("=")
        return _Part(flag + equals if equals else "", frozenset())
    several = isinstance(value, (Mapping, tuple))
    return _Part("", frozenset(_leaves(value)) if several else frozenset())


def _leaves(value: Value, path: str = "") -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(item, f"{path}/{key}")
    elif isinstance(value, tuple) and value:
        for item in value:
            yield from _leaves(item, f"{path}/-")
    else:
        yield f"{path}={token(value)}"
