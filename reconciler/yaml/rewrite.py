"""A document written again by ruamel.yaml, where no splice can make an edit.

ruamel's nodes are edited, and not the values that it makes of them: a node keeps the text of its
scalar, so that 010 or 1_000 come out as they went in, whatever a version of YAML takes them for.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.anchor import Anchor
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import Node
from yaml import YAMLError as ParserError

from reconciler.errors import DocumentError, Place
from reconciler.yaml.comments import comments
from reconciler.yaml.indentation import indentation_of
from reconciler.yaml.node_edit import NodeEdit, parts_of
from reconciler.yaml.read import Document
from reconciler.yaml.write import WIDE


def rewritten(document: Document, value: Mapping[str, Any]) -> str:
    """The text of the whole file; other documents in it stay as they are."""
    whole, wanted = document, value
    if document.item_of:
        whole, at = document.item_of.whole, document.item_of.position
        items = list(whole.value["items"])
        items[at] = value
        wanted = {**whole.value, "items": items}
    root = whole.node
    assert root  # noqa: S101  # JSON is not written here
    text = document.text
    start, end = root.start_mark.index, root.end_mark.index
    ends = "\r\n" if "\r\n" in text else "\n"
    part = text[start:end].replace("\r\n", "\n")
    try:
        written = _written(document, part, whole, wanted)
    except YAMLError:  # its message repeats a part of the text
        raise DocumentError(
            "this cannot be edited without changing its layout",
            where=document.place(),
            why="ruamel.yaml, which would write it again, does not read it",
            hint="write it in the plain form, a key and its value in a line each",
        ) from None
    if not part.endswith("\n") and text[end:].strip(" \t"):
        written = written.removesuffix("\n")
    return text[:start] + written.replace("\n", ends) + text[end:]


def _written(document: Document, part: str, whole: Document, wanted: Mapping[str, Any]) -> str:
    yaml = _ruamel()
    assert whole.node  # noqa: S101
    mapping, sequence, offset = indentation_of(whole.node)
    yaml.indent(mapping=mapping, sequence=sequence, offset=offset)
    edit = NodeEdit(_composed)
    root = edit.edited(yaml.compose(part), whole.value, wanted)
    _name_anchors(root)
    out = io.StringIO()
    try:
        yaml.serialize(root, out)
    except AttributeError:  # it stumbles over a comment that it took for another one's
        raise DocumentError(
            "this cannot be edited without losing a comment",
            where=document.place(),
            hint="move comments behind values to lines of their own",
        ) from None
    written = out.getvalue()
    _check_comments(document, part, written, edit.gone, whole.node.start_mark.line + 1)
    return written


def _ruamel() -> YAML:
    yaml = YAML()
    yaml.width = WIDE
    yaml.brace_single_entry_mapping_in_flow_sequence = True  # [&a b: c] has no anchored mapping
    yaml.composer.warn_double_anchors = False
    return yaml


def _composed(text: str) -> Node:
    found: Node = _ruamel().compose(text)
    return found


def _name_anchors(root: Node) -> None:
    """The serializer makes up names, but for anchors of the form that the representer gives."""
    names: set[str] = set()
    for node in _once(root):
        name, node.anchor = node.anchor, None
        if name and name not in names:
            names.add(name)
            node.anchor = Anchor()
            node.anchor.value = name
            node.anchor.always_dump = True


def _once(root: Node) -> Iterator[Node]:
    """Every node, in the order of the text."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) not in seen:
            seen.add(id(node))
            yield node
            waiting += reversed(list(parts_of(node)))


def _check_comments(
    document: Document, before: str, after: str, gone: list[tuple[int, int]], line: int
) -> None:
    """ruamel drops those between brackets, and some behind an alias."""
    try:
        left = Counter(text for _, text in comments(after))
    except ParserError:
        return  # whoever reads it again will see
    for at, text in comments(before):
        left[text] -= 1
        # What stands behind a value that is gone is gone, too.
        if left[text] < 0 and not any(start <= at < _line_end(before, end) for start, end in gone):
            raise DocumentError(
                "this cannot be edited without losing a comment",
                where=Place(document.file, line + before.count("\n", 0, at)),
                hint="move it to a line of its own, outside of brackets",
            )


def _line_end(text: str, at: int) -> int:
    return (text.find("\n", at) + 1) or len(text)
