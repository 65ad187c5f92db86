"""Changes in a manifest: by splices that touch only their own lines, wherever these can do it."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.errors import InternalError
from reconciler.yaml.plain_values import in_place, item_name, same
from reconciler.yaml.read import Document, read_documents
from reconciler.yaml.reading import reads_as
from reconciler.yaml.scalars import written_like
from reconciler.yaml.write import as_yaml

COMMENT = re.compile(r"[ \t]*#")
PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")  # an anchor, a tag
INDENTATION = re.compile(r'\n([ \t]+)"')


class Splice(NamedTuple):
    """A part of a text, and what takes its place."""

    start: int
    end: int
    text: str


class NoSplice(Exception):
    """This change cannot be made within the lines that are there."""


@dataclass(frozen=True, slots=True)
class EditedFile:
    """The text of the whole file, in which one document has another value."""

    text: str
    rewritten: bool = False  # that document was written again: its layout may be another

    def encoded(self, before: bytes) -> bytes:
        """With the byte order mark that the file had."""
        text = self.text.encode()
        return BOM_UTF8 + text if before.startswith(BOM_UTF8) else text


def edited(document: Document, value: Mapping[str, Any]) -> EditedFile:
    """By splices, or where there are none for it by writing the document again."""
    if document.node is None:
        return _checked(document, EditedFile(_json(document, value)), value)
    try:
        splices = list(_changes(document.text, document.node, document.value, value))
        found = EditedFile(_spliced(document.text, splices))
    except NoSplice:
        found = None
    if found is None or not reads_as(document, found.text, value):
        from reconciler.yaml.rewrite import rewritten  # it takes 100 ms to import what this needs

        found = EditedFile(rewritten(document, value), rewritten=True)
    return _checked(document, found, value)


def _checked(document: Document, found: EditedFile, value: Mapping[str, Any]) -> EditedFile:
    if reads_as(document, found.text, value):
        return found
    raise InternalError(
        "the edited file would not say what it should, so it was not written",
        where=document.place(),
        hint="edit the file by hand",
    )


def _spliced(text: str, splices: list[Splice]) -> str:
    ends = "\r\n" if "\r\n" in text else "\n"
    for start, end, new in sorted(set(splices), reverse=True):
        text = text[:start] + new.replace("\n", ends) + text[end:]
    return text


def _changes(text: str, node: Node, old: Any, new: Mapping[str, Any]) -> Iterator[Splice]:
    """What makes one mapping into the other."""
    if not isinstance(node, MappingNode) or not _is_block(node):
        raise NoSplice
    for key in [key for key in old if key not in new]:
        yield _removal(text, node, key)
    for key in [key for key in old if key in new and not same(old[key], new[key])]:
        inside = _inside(text, _entry(node, key)[1], old[key], new[key])
        yield from [_replacement(text, node, key, new[key])] if inside is None else inside
    added = sorted(key for key in new if key not in old)
    for key in added:
        yield _insertion(text, node, {k for k in old if k in new}, added, key, new[key])


def _inside(text: str, node: Node, old: Any, new: Any) -> list[Splice] | None:
    """What makes one value into the other within its lines; none if all of it must be written."""
    if same(old, new):
        return []
    if isinstance(node, MappingNode) and isinstance(new, Mapping) and old.keys() & new.keys():
        if _is_block(node):
            return list(_changes(text, node, old, new))
        pairs = {key: (_entry(node, key)[1], old[key]) for key in old}
        added = {key: value for key, value in new.items() if key not in old}
        return _flow(text, node, pairs, new, _in_flow(added))
    if isinstance(node, SequenceNode) and isinstance(new, list) and node.value:
        return _items(text, node, old, new)
    if isinstance(node, ScalarNode) and isinstance(new, str) and node.value:
        return _scalar(text, node, new)
    return None


def _items(text: str, node: SequenceNode, old: list[Any], new: list[Any]) -> list[Splice] | None:
    """Items stay where they are, and new ones come last."""
    if in_place(old, new):
        found = [_inside(text, n, a, b) for n, a, b in zip(node.value, old, new, strict=True)]
        return None if None in found else [splice for some in found for splice in some or ()]
    wanted = {item_name(item): item for item in new}
    kept = [item_name(item) for item in old if item_name(item) in wanted]
    if list(wanted)[: len(kept)] != kept or not kept or len(wanted) < len(new):
        return None
    added = new[len(kept) :]
    if node.flow_style:
        pairs = {item_name(a): (n, a) for n, a in zip(node.value, old, strict=True)}
        return _flow(text, node, pairs, wanted, _in_flow(added))
    stays = [n for n, item in zip(node.value, old, strict=True) if item_name(item) in wanted]
    splices = [_addition(text, stays[-1], added)] if added else []
    for item, value in zip(node.value, old, strict=True):
        if item_name(value) not in wanted:
            line = _line_start(text, _at(item))
            splices.append(Splice(line, _line_end(text, _end(text, item)), ""))
        elif (inside := _inside(text, item, value, wanted[item_name(value)])) is not None:
            splices += inside
        else:
            return None
    return splices


def _in_flow(added: Any) -> str:
    """What stands between the brackets."""
    return json.dumps(added, ensure_ascii=False, default=_no_splice)[1:-1] if added else ""


def _no_splice(_: Any) -> NoReturn:
    raise NoSplice


def _flow(
    text: str,
    node: MappingNode | SequenceNode,
    pairs: Mapping[str, tuple[Node, Any]],
    new: Mapping[str, Any],
    added: str,
) -> list[Splice] | None:
    """Between brackets: each is changed in its place, or goes with the comma before it."""
    parts = [p if isinstance(p, tuple) else (p, p) for p in node.value]
    splices = []
    for i, (key, (inner, old)) in enumerate(pairs.items()):
        if key in new:
            inside = _inside(text, inner, old, new[key])
            if inside is None:
                return None
            splices += inside
        elif i:
            splices.append(Splice(_end(text, parts[i - 1][1]), _end(text, parts[i][1]), ""))
        else:
            splices.append(Splice(_at(parts[0][0]), _at(parts[1][0]), ""))
    end = _end(text, parts[-1][1])
    return [*splices, Splice(end, end, f", {added}")] if added else splices


def _scalar(text: str, node: ScalarNode, new: str) -> list[Splice] | None:
    if node.style in ("|", ">"):
        return None
    begin, end = _at(node), _end(text, node)
    begin += len(PROPERTIES.match(text, begin, end)[0])  # type: ignore[index]
    written = written_like(node.style, node.value, new)
    return None if "\n" in written else [Splice(begin, end, written)]


def _entry(node: MappingNode, key: str) -> tuple[Node, Node]:
    found = next(((k, v) for k, v in node.value if k.value == key), None)
    if found is None:
        raise NoSplice  # it is taken over with <<
    return found


def _is_block(node: Node) -> bool:
    return isinstance(node, MappingNode) and not node.flow_style and bool(node.value)


def _removal(text: str, node: MappingNode, name: str) -> Splice:
    key, value = _entry(node, name)
    if key is node.value[0][0] and len(node.value) > 1 and _begins_item(text, node):
        return Splice(_at(key), _at(node.value[1][0]), "")
    return Splice(_line_start(text, _at(key)), _line_end(text, _end(text, value)), "")


def _begins_item(text: str, node: MappingNode) -> bool:
    """Does its first key stand behind the dash of a list?"""
    at = _at(node.value[0][0])
    return not text[_line_start(text, at) : at].isspace() and _column(text, node) > 0


def _replacement(text: str, node: MappingNode, key: str, new: Any) -> Splice:
    name, value = _entry(node, key)
    spelled = text[_at(name) : _end(text, name)]
    rendered = spelled + as_yaml({"_": new})[1:].removesuffix("\n")
    return Splice(_at(name), _end(text, value), _indented(rendered, _column(text, name)))


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
    if above is None and entries and _begins_item(text, node):
        above = entries[-1]
    if above is None:
        at = _comments_above(text, _line_start(text, _at(node.value[0][0])))
    else:
        at = _line_end(text, _end(text, above[1]))
    return Splice(at, at, _ended(text, at) + rendered)


def _addition(text: str, last: Node, added: list[Any]) -> Splice:
    """More items behind one of a list."""
    end = _end(text, last)
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
    try:
        text = json.dumps(ordered, indent=indent, ensure_ascii=False, separators=separators)
    except TypeError:
        raise document.error((), "JSON cannot hold this value of YAML") from None
    return text + end


def _in_order(new: Any, old: Any) -> Any:
    """Keys that were there stay where they were; others follow."""
    if not isinstance(new, Mapping) or not isinstance(old, dict):
        return new
    keys = [key for key in old if key in new] + sorted(key for key in new if key not in old)
    return {key: _in_order(new[key], old.get(key)) for key in keys}
