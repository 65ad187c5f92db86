"""Comments of ruamel's nodes: those of the line where a value ends, and the lines below it.

ruamel keeps the lines below a value with that value, though they mostly speak of what comes next.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ruamel.yaml.error import CommentMark
from ruamel.yaml.nodes import CollectionNode, Node, ScalarNode
from ruamel.yaml.tokens import CommentToken


def move_comments(old: Node, new: Node) -> None:
    """To what takes its place."""
    below = take_below(old)
    put_end_of_line(new, _end_of_line(old))
    put_below(new, below)


def take_below(node: Node) -> str:
    """The lines below a value, empty ones among them, which it has no more."""
    return _take_below_last(last_of(node)) + "".join(_take_ends(node))


def _take_ends(node: Any) -> Iterator[str]:
    """Below an alias there is nothing to keep lines but the end of what it stands in."""
    if not isinstance(node, CollectionNode) or node.flow_style or not node.value:
        return
    yield from _take_ends(_value(node.value[-1]))
    if node.comment and len(node.comment) > 2 and node.comment[2]:
        for token in node.comment[2]:
            yield f"{' ' * token.start_mark.column}{token.value}"
        node.comment = [*node.comment[:2], None, *node.comment[3:]]


def _take_below_last(last: Any) -> str:
    token = last.comment[0] if last.comment else None
    if token is None:
        return ""
    if _is_block_scalar(last):
        last.comment = [None, *last.comment[1:]]
        return f"{' ' * token.start_mark.column}{token.value}"
    head, _, below = token.value.partition("\n")
    kept = _token(f"{head}\n", token.start_mark.column) if head else None
    last.comment = [kept, *last.comment[1:]]
    return str(below)


def put_above(node: Node, lines: str) -> None:
    comment: list[Any] = [*(node.comment or []), None, None]
    node.comment = [comment[0], [_token(lines, 0), *(comment[1] or [])]]


def put_below(node: Node, lines: str) -> None:
    if not lines:
        return
    last = last_of(node)
    token = last.comment[0] if last.comment else None
    rest = last.comment[1:] if last.comment else [None]
    before = token.value if token else "" if _is_block_scalar(last) else "\n"
    last.comment = [_token(before + lines, token.start_mark.column if token else 0), *rest]


def _end_of_line(node: Node) -> CommentToken | None:
    """What stands behind a value, or behind the key of one that begins on the next line."""
    if not node.comment:
        return None
    if _is_block_scalar(node):
        return _token(node.comment[1][0] + "\n", 0) if node.comment[1] else None
    token = node.comment[0]
    head = token.value.partition("\n")[0] if token else ""
    return _token(f"{head}\n", token.start_mark.column) if head else None


def put_end_of_line(node: Node, token: CommentToken | None) -> None:
    if token is None:
        return
    if _is_block_scalar(node):
        node.comment = [None, [" " + token.value.strip()]]
    else:
        node.comment = [token, None]


def _token(text: str, column: int) -> CommentToken:
    return CommentToken(text, CommentMark(column), None)


def last_of(node: Node) -> Node:
    """What stands last in a value."""
    while isinstance(node, CollectionNode) and not node.flow_style and node.value:
        node = _value(node.value[-1])
    return node


def _value(entry: Any) -> Any:
    return entry[1] if isinstance(entry, tuple) else entry


def _is_block_scalar(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.style in ("|", ">")
