"""YAML and JSON as nodes with their lines, one document after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.sealing.plaintext.not_secret import content_of, is_reference, means_nothing_secret
from reconciler.yaml.nodes import LOADER, where_too_deep

# The composer in C calls itself for each level, and ends the process when the stack does.
MAX_DEPTH = 200
BOUNDARY = re.compile(r"^---(?=[ \t\n]|\Z)", re.MULTILINE)
INDENT = re.compile(r"^[-?: \t]+", re.MULTILINE)
# In percents, too; what takes long is not done for each "!" of a description.
BINARY_TAG = re.compile(r"!\S*(?:inary|%)")
# What aliases of aliases make of a text; no text has more nodes than letters without them.
MORE_BY_ALIASES = 100_000
NULL = "tag:yaml.org,2002:null"
TEXT = "tag:yaml.org,2002:str"
BINARY = "tag:yaml.org,2002:binary"
# YAML allows none of these, and Kustomize reads them in comments all the same.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class PlaintextDocument:
    """A part of a file between two lines of dashes, and the line before it."""

    text: str
    above: int

    def nodes(self) -> list[Node] | None:
        """What it holds; none if that cannot be read."""
        text = CONTROL.sub("?", self.text)
        try:
            if _may_be_deep(text) and where_too_deep(text, MAX_DEPTH) is not None:
                return None
            found = [n for n in yaml.compose_all(text, Loader=LOADER) if n]
            if "&" in text and "*" in text and not _ends_soon(found, MORE_BY_ALIASES + len(text)):
                return None
        except (yaml.YAMLError, ValueError):
            return None
        if BINARY_TAG.search(text):
            for node in found:
                _decode(node)
        return found

    def line(self, node: Node) -> int:
        return self.above + int(node.start_mark.line) + 1

    def first_line_of(self, scalar: ScalarNode) -> int:
        """Of a text that stands in its own lines, and is a document itself."""
        return self.line(scalar) + (1 if scalar.style in ("|", ">") else 0)

    def is_plain(self, value: Node, field: str = "") -> bool:
        """Is there a value that is no reference? In `data` of a Secret it is in base64."""
        if isinstance(value, ScalarNode):
            return value.tag != NULL and not means_nothing_secret(value.value, field)
        source = self.text[value.start_mark.index : value.end_mark.index]
        return bool(value.value) and not (source.startswith("{{") and is_reference(source))


def documents(text: str, above: int = 0) -> Iterator[PlaintextDocument]:
    """Each can be read though another cannot."""
    begin = 0
    for boundary in [*BOUNDARY.finditer(text), None]:
        end = boundary.start() if boundary else len(text)
        if end > begin:
            yield PlaintextDocument(text[begin:end], above)
        above += text.count("\n", begin, end)
        begin = end


def _may_be_deep(text: str) -> bool:
    """Each level has a bracket, or moves a line to the right."""
    longest = max((len(found) for found in INDENT.findall(text)), default=0)
    return longest + text.count("[") + text.count("{") > MAX_DEPTH


def text_of(content: bytes) -> str:
    """The text of a file, its lines ended by \\n alone.

    Without zeros it is what is written, in an archive or in UTF-16 that does not say so, too.
    """
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = content.decode("utf-16" if marked else "utf-8-sig", errors="replace")
    return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")


def _decode(top: Node) -> None:
    """What is written in base64 and read as a text, by Kustomize and by kubectl, is that text."""
    for node in nodes_below(top):
        if isinstance(node, ScalarNode) and node.tag == BINARY:
            node.tag, node.value = TEXT, content_of(node.value, "data").decode(errors="replace")


def _ends_soon(nodes: list[Node], most: int) -> bool:
    """Are these so many nodes, with all that aliases repeat in them? Some hold themselves."""
    waiting = list(nodes)
    for _ in range(most):
        if not waiting:
            return True
        node = waiting.pop()
        if isinstance(node, SequenceNode):
            waiting += node.value
        elif isinstance(node, MappingNode):
            waiting += [part for pair in node.value for part in pair]
    return not waiting


def nodes_below(top: Node) -> Iterator[Node]:
    """A node and all in it, each once: keys before their values."""
    seen: set[int] = set()
    waiting = [top]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, SequenceNode):
            waiting += reversed(node.value)
        elif isinstance(node, MappingNode):
            waiting += [part for pair in reversed(node.value) for part in reversed(pair)]


def entries(node: Node | None) -> list[tuple[str, Node, Node]]:
    """Name, key and value of each field; of merged ones, too."""
    found: list[tuple[str, Node, Node]] = []
    waiting, seen = [node], set()
    while waiting:
        here = waiting.pop(0)
        if id(here) in seen:
            continue
        seen.add(id(here))
        if isinstance(here, SequenceNode):
            waiting += here.value
        if not isinstance(here, MappingNode):
            continue
        for key, value in here.value:
            if isinstance(key, ScalarNode) and key.value == "<<":
                waiting.append(value)
            else:
                name = key.value if isinstance(key, ScalarNode) else ""
                found.append((name, key, value))
    return found


def all_of(node: Node | None, name: str) -> list[Node]:
    """The values of a field: several, if it is there twice."""
    return [value for n, _, value in entries(node) if n == name]


def scalars(node: Node | None, name: str) -> list[str]:
    return [v.value for v in all_of(node, name) if isinstance(v, ScalarNode)]


def items(nodes: list[Node]) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, SequenceNode):
            yield from node.value
