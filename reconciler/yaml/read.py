"""Documents with the places of their values, which may be secrets: no error repeats one.

Scalars are read by the rules of YAML 1.2: `n` and `yes` are text. What other programs would take
for something else is noted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.errors import DocumentError, Place
from reconciler.yaml.nodes import (
    LOADER,
    MAX_DEPTH,
    NO_CHARACTER,
    OLD_BOOLEANS,
    kind_of,
    where_too_deep,
)

# A Secret of the largest size, in base64 twice over, and what is around it.
MAX_BYTES = 16 << 20
MAX_VALUES = 200_000

Path = tuple[str | int, ...]

PLAIN_INTEGER = re.compile(r"0|[1-9][0-9]{0,18}")  # 010 is eight to some readers


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file."""

    file: str
    text: str  # of the whole file
    line: int
    value: Any
    node: Node | None  # none of JSON
    number: int = 0  # among all of its file
    item_of: Item | None = None

    def place(self, *path: str | int) -> Place:
        """Where the value at this path is, or the nearest around it."""
        node = self.node
        if node is None:
            return Place(self.file, self.line)
        for step in path:
            inner = child(node, step)
            if inner is None:
                break
            node = inner
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def error(self, path: Path, what: str, *, why: str = "", hint: str = "") -> DocumentError:
        return DocumentError(what, where=self.place(*path), why=why, hint=hint)


@dataclass(frozen=True, slots=True)
class Item:
    """A place in a List."""

    whole: Document
    position: int


def child(node: Node, step: str | int) -> Node | None:
    """What a mapping or a list holds under a key or a number."""
    if isinstance(node, MappingNode):
        own = (v for k, v in node.value if k.value == step and not is_merge(k))
        inherited = (child(source, step) for source in merged_into(node))
        return next((found for found in chain(own, inherited) if found), None)
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
        found: Node = node.value[step]
        return found
    return None


def is_merge(key: Node) -> bool:
    """Is this the << that takes over what another mapping has?"""
    return isinstance(key, ScalarNode) and key.value == "<<" and not key.style


def merged_into(node: MappingNode) -> list[Node]:
    """What a mapping takes over, that which counts first."""
    found: list[Node] = []
    for value in (value for key, value in node.value if is_merge(key)):
        found += value.value if isinstance(value, SequenceNode) else [value]
    return found


def read_documents(content: bytes, file: str) -> list[Document]:
    """All documents that hold something; the items of a List count as documents."""
    text = _text_of(content, file)
    read = _read_json(text, file) if is_json(text) else None
    found = _read_yaml(text, file) if read is None else read
    items = [item for document in found for item in _split(document)]
    return [replace(item, number=i) for i, item in enumerate(items)]


def _read_json(text: str, file: str) -> list[Document] | None:
    """JSON documents one after another; none if this is something else that begins like it."""
    decoder = json.JSONDecoder(object_pairs_hook=_once)
    found = []
    position = 0
    while position := _next(text, position):
        try:
            value, end = decoder.raw_decode(text, position - 1)
        except _Twice:
            line = text.count("\n", 0, position) + 1
            raise DocumentError(
                "a key is here twice in one object", where=Place(file, line), hint="remove one"
            ) from None
        except (ValueError, RecursionError):
            return None
        found.append(Document(file, text, text.count("\n", 0, position) + 1, value, None))
        position = end
    return found


def _next(text: str, position: int) -> int:
    """One past the next character that is no space, or 0."""
    while position < len(text) and text[position].isspace():
        position += 1
    return position + 1 if position < len(text) else 0


class _Twice(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Twice
    return found


def _read_yaml(text: str, file: str) -> list[Document]:
    try:
        too_deep = where_too_deep(text, MAX_DEPTH)
        if too_deep is not None:
            raise DocumentError(
                f"more than {MAX_DEPTH} levels are nested here", where=Place(file, too_deep)
            )
        return [
            Document(file, text, node.start_mark.line + 1, _Reader(file).read(node), node)
            for node in yaml.compose_all(text, Loader=LOADER)
            if node is not None and not _is_nothing(node)
        ]
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        # After the first quote there may be a part of what was written.
        problem = (e.problem or "it ends too early").partition("'")[0].strip()
        where = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        raise DocumentError(f"this is not YAML: {problem}", where=where) from None
    except yaml.YAMLError:
        raise DocumentError("this is not YAML", where=Place(file)) from None


def is_json(text: str) -> bool:
    return text.lstrip().startswith("{")


def is_a(value: Any, kind: str, group: str) -> bool:
    """Is this an object of this kind, in any version of its group ("" for the core)?"""
    if not isinstance(value, dict) or value.get("kind") != kind:
        return False
    version = value.get("apiVersion")
    if not isinstance(version, str):
        return False
    return version.startswith(f"{group}/") if group else version == "v1"


def _split(document: Document) -> Iterator[Document]:
    if not is_a(document.value, "List", "") or not isinstance(document.value.get("items"), list):
        yield document
        return
    inside = child(document.node, "items") if document.node else None
    for i, value in enumerate(document.value["items"]):
        node = child(inside, i) if inside else None
        line = node.start_mark.line + 1 if node else document.line
        at = Item(document, i)
        yield Document(document.file, document.text, line, value, node, item_of=at)


def _is_nothing(node: Node) -> bool:
    return isinstance(node, ScalarNode) and kind_of(node) == "nothing"


def _text_of(content: bytes, file: str) -> str:
    if len(content) > MAX_BYTES:
        raise DocumentError(
            f"this has {len(content):,} bytes, more than the {MAX_BYTES:,} that are read",
            where=Place(file),
            why="a cluster stores 1,572,864 bytes of an object, at the most",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = content.count(b"\n", 0, e.start) + 1
        raise DocumentError(
            "this is not text in UTF-8",
            where=Place(file, line),
            hint="save it as UTF-8; binary values of a Secret go under data, in base64",
        ) from None
    if strange := NO_CHARACTER.search(text):
        line = text.count("\n", 0, strange.start()) + 1
        raise DocumentError(
            f"this holds the character U+{ord(strange[0]):04X}, which YAML does not allow",
            where=Place(file, line),
            hint="put it under data, in base64",
        )
    return text


class _Reader:
    """Nodes to values, of one document."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._read = 0
        self._around: set[int] = set()

    def read(self, node: Node) -> Any:
        self._read += 1
        if self._read > MAX_VALUES:
            raise self._error(node, f"there are more than {MAX_VALUES:,} values here")
        if isinstance(node, MappingNode | SequenceNode):
            if id(node) in self._around:
                raise self._error(node, "this holds itself", hint="write the values out")
            self._around.add(id(node))
            found = self._mapping(node) if isinstance(node, MappingNode) else self._list(node)
            self._around.remove(id(node))
            return found
        assert isinstance(node, ScalarNode)  # noqa: S101
        match kind_of(node):
            case "nothing":
                return None
            case "boolean":
                return node.value.lower() == "true"
            case "integer" if PLAIN_INTEGER.fullmatch(node.value):
                return int(node.value)
            case "integer" | "number" | "tag":
                return Odd(node.value, node.tag)
        return node.value

    def _list(self, node: SequenceNode) -> list[Any]:
        return [self.read(item) for item in node.value]

    def _mapping(self, node: MappingNode) -> dict[str, Any]:
        own: dict[str, Any] = {}
        inherited: dict[str, Any] = {}
        for key, value in self._pairs(node):
            if not is_merge(key):
                own[self._key(key)] = self.read(value)
                continue
            for source in merged_into(node):
                if not isinstance(source, MappingNode):
                    raise self._error(source, "only a mapping can be taken over with <<")
                inherited = self.read(source) | inherited
            if own.keys() & inherited.keys():
                raise self._error(
                    key,
                    "this takes over a key that stands above it",
                    why="for kustomize the key above counts for nothing then, for others it does",
                    hint="put << above all other keys",
                )
        return inherited | own

    def _pairs(self, node: MappingNode) -> Iterator[tuple[Node, Node]]:
        seen: set[str] = set()
        for key, value in node.value:
            name = self._key(key)
            if name in seen:
                raise self._error(key, "this key is here twice", hint="remove one of the two")
            seen.add(name)
            yield key, value

    def _key(self, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            raise self._error(node, "a key is plain text here", hint="write the fields out")
        return str(node.value)

    def _error(self, node: Node, what: str, why: str = "", hint: str = "") -> DocumentError:
        where = Place(self._file, node.start_mark.line + 1, node.start_mark.column + 1)
        return DocumentError(what, where=where, why=why, hint=hint)


@dataclass(frozen=True, slots=True)
class Odd:
    """A number that is not whole and plain, or a value with a tag: of no use in a secret."""

    text: str
    tag: str


def look_alikes(document: Document) -> Iterator[Place]:
    """Where plain text stands that programs with the rules of YAML 1.1 take for true or false."""
    for node in _nodes(document):
        if isinstance(node, ScalarNode) and not node.style and _looks_true(node.value):
            yield Place(document.file, node.start_mark.line + 1, node.start_mark.column + 1)


def merges(document: Document) -> Iterator[Place]:
    """Where << stands."""
    for node in _nodes(document):
        if is_merge(node):
            yield Place(document.file, node.start_mark.line + 1, node.start_mark.column + 1)


def _nodes(document: Document) -> Iterator[Node]:
    waiting = [document.node] if document.node else []
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, MappingNode):
            waiting += [part for pair in node.value for part in pair]
        elif isinstance(node, SequenceNode):
            waiting += node.value


def _looks_true(text: str) -> bool:
    return text.lower() in OLD_BOOLEANS
