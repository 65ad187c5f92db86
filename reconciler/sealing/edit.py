"""Changes in a manifest that touch only their own lines: comments and layout stay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.errors import ReconcilerError, SealingError
from reconciler.sealing.layout import as_yaml
from reconciler.sealing.manifest import Document, read_documents

COMMENT = re.compile(r"[ \t]*#")
INDENTATION = re.compile(r'\n([ \t]+)"')


class Splice(NamedTuple):
    """A part of a text, and what takes its place."""

    start: int
    end: int
    text: str


def edited(document: Document, value: Mapping[str, Any]) -> str:
    """The text of the whole file, in which this document has another value."""
    if document.node is None:
        text = _json(document, value)
    else:
        _refuse_anchors(document)
        splices = list(_changes(document.text, document.node, document.value, value))
        text = _spliced(document.text, splices)
    _check(document, text, value)
    return text


def _spliced(text: str, splices: list[Splice]) -> str:
    ends = "\r\n" if "\r\n" in text else "\n"
    for start, end, new in sorted(splices, reverse=True):
        text = text[:start] + new.replace("\n", ends) + text[end:]
    return text


def _changes(text: str, node: Node, old: Any, new: Mapping[str, Any]) -> Iterator[Splice]:
    """What makes one mapping into the other."""
    assert isinstance(node, MappingNode)  # noqa: S101
    for key in [key for key in old if key not in new]:
        yield _removal(text, _entry(node, key))
    for key in [key for key in old if key in new and old[key] != new[key]]:
        value = _entry(node, key)[1]
        if _is_block(value) and isinstance(new[key], Mapping) and old[key].keys() & new[key]:
            yield from _changes(text, value, old[key], new[key])
        elif isinstance(value, SequenceNode) and value.value and _longer(old[key], new[key]):
            yield _addition(text, value, new[key][len(old[key]) :])
        else:
            yield _replacement(text, node, key, new[key])
    added = sorted(key for key in new if key not in old)
    for key in added:
        yield _insertion(text, node, {k for k in old if k in new}, added, key, new[key])


def _entry(node: MappingNode, key: str) -> tuple[Node, Node]:
    return next((k, v) for k, v in node.value if k.value == key)


def _is_block(node: Node) -> bool:
    return isinstance(node, MappingNode) and not node.flow_style and bool(node.value)


def _removal(text: str, entry: tuple[Node, Node]) -> Splice:
    key, value = entry
    return Splice(_line_start(text, _at(key)), _line_end(text, _end(text, value)), "")


def _replacement(text: str, node: MappingNode, key: str, new: Any) -> Splice:
    name, value = _entry(node, key)
    start, end = _at(name), _end(text, value)
    rendered = as_yaml({key: new}).removesuffix("\n")
    plain = isinstance(value, ScalarNode) and value.style not in ("|", ">") and value.value
    if plain and isinstance(new, str) and "\n" not in rendered:
        return Splice(_at(value), end, as_yaml({"_": new})[3:-1])
    return Splice(start, end, _indented(rendered, _column(text, name)))


def _insertion(
    text: str, node: MappingNode, kept: set[str], added: list[str], key: str, new: Any
) -> Splice:
    """After the last of the keys that stay and sort before it."""
    entries = [(k, v) for k, v in node.value if k.value in kept]
    column = _column(text, node.value[0][0])
    rendered = " " * column + _indented(as_yaml({key: new}), column)
    before = [entry for entry in entries if entry[0].value < key]
    is_sorted = [k.value for k, _ in entries] == sorted(k.value for k, _ in entries)
    above = (before[-1] if before else None) if is_sorted else entries[-1]
    if above is None:
        at = _comments_above(text, _line_start(text, _at(node.value[0][0])))
    else:
        at = _line_end(text, _end(text, above[1]))
    return Splice(at, at, _ended(text, at) + rendered)


def _longer(old: Any, new: Any) -> bool:
    return isinstance(new, list) and new[: len(old)] == old


def _addition(text: str, node: SequenceNode, added: list[Any]) -> Splice:
    """More at the end of a list."""
    last = node.value[-1]
    end = _end(text, last)
    if node.flow_style:
        return Splice(end, end, "".join(f", {json.dumps(item)}" for item in added))
    line = text[_line_start(text, _at(last)) : _at(last)]
    indentation = line[: len(line) - len(line.lstrip())]
    items = "".join(_indented(as_yaml([item]), len(indentation)) for item in added)
    at = _line_end(text, end)
    return Splice(at, at, _ended(text, at) + indentation + items)


def _ended(text: str, at: int) -> str:
    """A line break, where the line before has none."""
    return "" if at == 0 or text[at - 1] == "\n" else "\n"


def _indented(rendered: str, column: int) -> str:
    """All lines but the first moved to the right."""
    return re.sub(r"\n(?=[^\n])", "\n" + " " * column, rendered)


def _end(text: str, node: Node) -> int:
    """Where a value ends, without the comments and empty lines after it."""
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(last, tuple) else last)
    end = node.end_mark.index if node.end_mark else 0
    return len(text[:end].rstrip()) if end > _at(node) else end


def _at(node: Node) -> int:
    assert node.start_mark  # noqa: S101
    return node.start_mark.index


def _column(text: str, node: Node) -> int:
    return _at(node) - _line_start(text, _at(node))


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    return (text.find("\n", at) + 1) or len(text)


def _comments_above(text: str, line: int) -> int:
    while line and COMMENT.match(text, above := _line_start(text, line - 1)):
        line = above
    return line


def _refuse_anchors(document: Document) -> None:
    """An edit of a value that stands in two places would change both."""
    seen: set[int] = set()
    waiting = [document.node]
    while waiting:
        node = waiting.pop()
        if id(node) in seen and not isinstance(node, ScalarNode):
            raise document.error(
                (), "this uses anchors of YAML, and cannot be edited", hint="write the values out"
            )
        seen.add(id(node))
        if isinstance(node, MappingNode):
            waiting += [value for _, value in node.value]
        elif isinstance(node, SequenceNode):
            waiting += node.value


def _json(document: Document, value: Mapping[str, Any]) -> str:
    if len(read_documents(document.text.encode(), document.file)) > 1:
        raise document.error(
            (), "there are several documents of JSON in this file", hint="give each its own file"
        )
    found = INDENTATION.search(document.text)
    indent = found[1] if found else None
    end = "\n" if document.text.endswith("\n") else ""
    separators = None if indent or '": ' in document.text else (",", ":")
    ordered = _in_order(value, document.value)
    return json.dumps(ordered, indent=indent, ensure_ascii=False, separators=separators) + end


def _in_order(new: Any, old: Any) -> Any:
    """Keys that were there stay where they were; others follow."""
    if not isinstance(new, Mapping) or not isinstance(old, dict):
        return new
    keys = [key for key in old if key in new] + sorted(key for key in new if key not in old)
    return {key: _in_order(new[key], old.get(key)) for key in keys}


def _check(document: Document, text: str, value: Mapping[str, Any]) -> None:
    """What was written must be read as what was meant, in this document and all others."""
    before = read_documents(document.text.encode(), document.file)
    try:
        after = [found.value for found in read_documents(text.encode(), document.file)]
    except ReconcilerError:
        after = []
    position = [found.line for found in before].index(document.line)
    expected = [found.value for found in before]
    expected[position] = value
    if after != expected:
        raise SealingError(
            "this cannot be edited without changing its layout",
            where=document.place(),
            hint="write it in the plain form, a key and its value in a line each",
        )
