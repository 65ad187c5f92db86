"""How far a document indents, as far as that can be told of it as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, SequenceNode

MAPPING, SEQUENCE, OFFSET = 2, 2, 0  # Kustomize's own, where nothing tells


def indentation_of(root: Node) -> tuple[int, int, int]:
    """Of mappings, of what an item holds, and of its dash: what most of the document has."""
    mappings: Counter[int] = Counter()
    dashes: Counter[tuple[int, int]] = Counter()
    for outer, inner in _blocks(root):
        step = _column(inner) - _column(outer)
        if isinstance(outer, SequenceNode):
            continue
        if isinstance(inner, MappingNode):
            mappings[step] += 1
        elif inner.start_mark.line == inner.value[0].start_mark.line:  # no anchor stands above
            dashes[step, _column(inner.value[0]) - _column(inner)] += 1
    ((mapping, _),) = mappings.most_common(1) or [(MAPPING, 0)]
    (((offset, width), _),) = dashes.most_common(1) or [((OFFSET, SEQUENCE), 0)]
    return mapping, offset + width, offset


def _blocks(root: Node) -> Iterator[tuple[Node, Node]]:
    """Each collection in block style and what of that kind is in it, but for empty ones."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        outer = waiting.pop()
        if id(outer) in seen or not _is_block(outer):
            continue
        seen.add(id(outer))
        inside = [v[1] if isinstance(v, tuple) else v for v in outer.value]
        waiting += reversed(inside)
        for inner in inside:
            if _is_block(inner) and id(inner) not in seen:  # but for aliases
                yield outer, inner


def _is_block(node: Node) -> bool:
    return isinstance(node, MappingNode | SequenceNode) and not node.flow_style and bool(node.value)


def _column(node: Node) -> int:
    """Of the first thing in it: an anchor may stand on the line above."""
    if isinstance(node, MappingNode) and _is_block(node):
        return int(node.value[0][0].start_mark.column)
    return int(node.start_mark.column)
