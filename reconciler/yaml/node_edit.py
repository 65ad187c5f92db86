"""ruamel's nodes of a document, made to hold another value.

The nodes are never changed but copied: an alias is the same node in a second place, and is to keep
its value when the first place gets another.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.yaml.node_comments import (
    last_of,
    move_comments,
    put_above,
    put_below,
    take_below,
)
from reconciler.yaml.plain_values import origins, same
from reconciler.yaml.scalars import written_like
from reconciler.yaml.write import as_yaml

# ruamel marks where a folded text was folded; its emitter takes the mark at such a space only.
STRAY_FOLD = re.compile(r"(?<!\S)\a|\a(?! \S)")

Pair = tuple[Any, Any]


class Alias:
    """A node in one more place, without the comments of the first."""

    anchor = comment = None

    def __init__(self, node: Node) -> None:
        self.node = node


class NodeEdit:
    """One edit, with what became of each anchor in it."""

    def __init__(self, composed: Callable[[str], Node]) -> None:
        self.gone: list[tuple[int, int]] = []  # parts of the text, with the comments in them
        self._composed = composed
        self._made: dict[int, list[tuple[Any, Node]]] = {}
        self._was: dict[int, Any] = {}

    def edited(self, root: Node, old: Any, new: Any) -> Node:
        found: Node = _without_aliases(self._edited(root, old, new, False))
        return found

    def _edited(self, node: Node, old: Any, new: Any, bare: bool) -> Node | Alias:
        """`bare` leaves out the comments: they are in another place already."""
        if not node.anchor:
            return self._copied(node, old, new, bare)
        self._was[id(node)] = old
        made = self._made.setdefault(id(node), [])
        there = next((found for value, found in made if same(value, new)), None)
        if there is not None:
            return Alias(there)
        found = self._copied(node, old, new, bare or bool(made))
        found.anchor = None if made else node.anchor
        made.append((new, found))
        return found

    def _copied(self, node: Any, old: Any, new: Any, bare: bool) -> Node:
        found: Any = copy.copy(node)
        found.comment = None if bare else node.comment
        if isinstance(node, MappingNode) and isinstance(old, Mapping) and isinstance(new, Mapping):
            self._put(found, self._pairs(node, old, new, bare))
        elif isinstance(node, SequenceNode) and isinstance(old, list) and isinstance(new, list):
            self._put(found, self._items(node, old, new, bare))
        elif not same(old, new):
            found = self._fresh(new, node)
            if not isinstance(node, ScalarNode):
                self._forget(node, node)
            move_comments(self._copied(node, old, old, bare), found)
        elif node.style == ">":
            found.value = STRAY_FOLD.sub("", node.value)
        if bare:
            _quote(found)  # a comment that was behind an alias would become a line of it
        return found  # type: ignore[no-any-return]

    def _put(self, node: Any, entries: _Entries) -> None:
        below = ""
        if not entries.found:
            node.flow_style = True
        elif not node.value:
            node.flow_style, below = False, take_below(node)
        node.value = entries.found
        put_below(node, entries.above + below)

    def _pairs(self, node: MappingNode, old: Any, new: Any, bare: bool) -> _Entries:
        own = {key.value for key, _ in node.value if not _is_merge(key)}
        inherited = old.keys() - own
        entries = _Entries()
        for key, value in node.value:
            name = key.value
            if _is_merge(key) and inherited <= new.keys():
                entries.keep((key, self._source(value)))
            elif _is_merge(key):
                for pair in self._taken_over(value, old, new, own):
                    entries.keep(pair)
            elif name in new:
                named = self._edited(key, name, name, bare)
                entries.keep((named, self._edited(value, old[name], new[name], bare)))
            else:
                self._forget(key, value)
                entries.drop(self._edited(value, old[name], old[name], bare))
        there = {key.value for key, _ in entries.found if not _is_merge(key)}
        for name in sorted(new.keys() - there):
            if name not in inherited or not same(old[name], new[name]):
                self._add(entries.found, name, new[name])
        return entries

    def _items(self, node: SequenceNode, old: Any, new: Any, bare: bool) -> _Entries:
        entries = _Entries()
        places = origins(old, new)
        dropped = [i for i in range(len(old)) if i not in places]

        def drop_before(end: int) -> None:
            while dropped and dropped[0] < end:
                i = dropped.pop(0)
                self._forget(node.value[i], node.value[i])
                entries.drop(self._edited(node.value[i], old[i], old[i], bare))

        for at, value in zip(places, new, strict=True):
            drop_before(len(old) if at is None else at)
            if at is None:
                item = self._fresh(value)
                if entries.found:
                    put_below(item, take_below(entries.found[-1]))
            else:
                item = self._edited(node.value[at], old[at], value, bare)
            if item.anchor:
                _quote(item)  # ruamel indents lines of such an item as if they were no part of it
            entries.keep(item)
        drop_before(len(old))
        return entries

    def _add(self, pairs: list[Pair], name: str, new: Any) -> None:
        """Behind the last that sorts before it, if they are sorted, or last of all."""
        (pair,) = self._composed(as_yaml({name: new})).value
        names = [key.value for key, _ in pairs]
        at = len(pairs)
        if names == sorted(names) and "<<" not in names:
            at = sum(other < name for other in names)
        if at:
            put_below(pair[1], take_below(pairs[at - 1][1]))
        pairs.insert(at, pair)

    def _taken_over(self, value: Node, old: Any, new: Any, own: set[str]) -> Iterator[Pair]:
        """What << brought, written out."""
        for name, (key, inner) in _brought(value).items():
            if name in new and name not in own:
                yield (
                    self._edited(key, name, name, True),
                    self._edited(inner, old[name], new[name], True),
                )

    def _source(self, value: Node) -> Node | Alias:
        """What is behind <<: as it was, whatever becomes of the mapping that it names."""
        if isinstance(value, SequenceNode):
            found = copy.copy(value)
            found.value = [self._source(inner) for inner in value.value]
            return found
        was = self._was.get(id(value))
        return value if was is None else self._edited(value, was, was, False)

    def _fresh(self, new: Any, like: Node | None = None) -> Any:
        text = as_yaml({"_": new})
        if isinstance(like, ScalarNode) and isinstance(new, str):
            style = None if like.style in ("|", ">") else like.style
            text = f"_: {written_like(style, like.value, new)}\n"
        ((_, found),) = self._composed(text).value
        return found

    def _forget(self, first: Node, last: Node) -> None:
        self.gone.append((first.start_mark.index, last_of(last).end_mark.index))


class _Entries:
    """What a collection holds; the lines below what is dropped stay where they are."""

    def __init__(self) -> None:
        self.found: list[Any] = []
        self.above = ""

    def keep(self, entry: Any) -> None:
        self.found.append(entry)
        if self.above:
            put_above(entry[0] if isinstance(entry, tuple) else entry, self.above)
            self.above = ""

    def drop(self, node: Any) -> None:
        below = take_below(node)
        if self.found:
            put_below(_value(self.found[-1]), below)
        else:
            self.above += below


def _quote(node: Any) -> None:
    if getattr(node, "style", None) in ("|", ">"):
        node.style, node.value = '"', node.value.replace("\a", "")


def _value(entry: Any) -> Any:
    return entry[1] if isinstance(entry, tuple) else entry


def _brought(value: Node) -> dict[str, Pair]:
    """By name; what is first counts, and a mapping's own before what it takes over itself."""
    found: dict[str, Pair] = {}
    for source in value.value if isinstance(value, SequenceNode) else [value]:
        for key, inner in sorted(source.value, key=lambda pair: _is_merge(pair[0])):
            pairs = _brought(inner) if _is_merge(key) else {key.value: (key, inner)}
            found = pairs | found
    return found


def _without_aliases(node: Any) -> Any:
    """An alias is the same node once more, to the serializer."""
    if isinstance(node, Alias):
        return node.node
    if not isinstance(node, ScalarNode):
        node.value = [
            tuple(map(_without_aliases, part))
            if isinstance(part, tuple)
            else _without_aliases(part)
            for part in node.value
        ]
    return node


def parts_of(node: Node) -> Iterator[Node]:
    if not isinstance(node, ScalarNode):
        for part in node.value:
            yield from part if isinstance(part, tuple) else (part,)


def _is_merge(key: Node) -> bool:
    return isinstance(key, ScalarNode) and key.value == "<<" and not key.style
