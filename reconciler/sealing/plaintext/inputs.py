"""Files that hold nothing but secrets, by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.sealing.plaintext.found import Key, Plaintext
from reconciler.sealing.plaintext.marks import marks_of
from reconciler.sealing.plaintext.references import is_reference
from reconciler.sealing.plaintext.yaml import Document, documents, entries, scalars

# A name may hold anything, line ends too.
ENV_FILE = re.compile(r"(?:.*/)?(?:\.env(?:\.[^/]+)?|[^/]*\.secret\.env)", re.DOTALL)
NO_ENV_FILE = re.compile(r".*\.(?:example|sample|template|dist)", re.DOTALL)
MANIFEST = re.compile(r"(?:.*/)?[^/]*\.(?:secret|dec)\.(?:ya?ml|json)", re.DOTALL)
LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][-.\w]*)\s*=(.*)")
# What is no secret even here.
VERSION = re.compile(r"[\"']?v?[0-9]+(?:\.[0-9]+)+[\"']?")


def is_env_file(file: str) -> bool:
    return bool(ENV_FILE.fullmatch(file)) and not NO_ENV_FILE.fullmatch(file)


def is_manifest(file: str) -> bool:
    return bool(MANIFEST.fullmatch(file))


def env_file(file: str, text: str) -> Iterator[Plaintext]:
    """Variables that have a value."""
    keys = []
    for number, content in enumerate(text.split("\n"), 1):
        line = LINE.fullmatch(content)
        value = line[2].strip() if line else ""
        if line and not is_reference(value) and not VERSION.fullmatch(value):
            keys.append(Key(line[1], number, marks_of(line[2].encode())))
    if keys:
        yield Plaintext(file, "the file", tuple(keys), keys[0].line)


def manifest(file: str, text: str) -> Iterator[Plaintext]:
    """Every value that is not sealed; what Secret objects hold is found as in any other file."""
    for document in documents(text):
        nodes = document.nodes()
        if nodes is None:
            yield Plaintext(
                file, "the file, which is not YAML, may hold secrets", (), document.above + 1
            )
            continue
        for node in nodes:
            if not {"Secret", "SealedSecret"} & set(scalars(node, "kind")):
                keys = tuple(values(document, node))
                if keys:
                    yield Plaintext(file, "the file", keys, keys[0].line)


def values(document: Document, node: Node, path: str = "") -> Iterator[Key]:
    """Every value with the names that lead to it."""
    if isinstance(node, MappingNode):
        for name, _, value in entries(node):
            yield from values(document, value, f"{path}.{name}" if path else name)
    elif isinstance(node, SequenceNode):
        for item in node.value:
            yield from values(document, item, path)
    elif isinstance(node, ScalarNode) and document.is_plain(node):
        yield Key(path, document.line(node), marks_of(node.value.encode()))
