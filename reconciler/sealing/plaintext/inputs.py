"""Files that hold nothing but secrets, by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.sealing.plaintext.found import Plaintext, PlaintextKey
from reconciler.sealing.plaintext.marks import marks_of
from reconciler.sealing.plaintext.not_secret import is_reference
from reconciler.sealing.plaintext.yaml_nodes import PlaintextDocument, documents, entries, scalars

# A name may hold anything, line ends too, and capitals mean nothing on many disks.
ANY = re.DOTALL | re.IGNORECASE
ENV_FILE = re.compile(r"(?:.*/)?(?:\.env(?:\.[^/]+)?|[^/]*\.secret\.env)", ANY)
NO_ENV_FILE = re.compile(r".*\.(?:example|sample|template|dist)", ANY)
MANIFEST = re.compile(r"(?:.*/)?[^/]*\.(?:secret|dec)\.(?:ya?ml|json)", ANY)
LINE = re.compile(r"\s*(?:export\s+)?([-._A-Za-z][-.\w]*)(?:\s*=|:(?=\s))(.*)")
NO_YAML = "the file, which is not YAML, may hold secrets"
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
        if line and (_goes_on(value) or not (is_reference(value) or VERSION.fullmatch(value))):
            keys.append(PlaintextKey(line[1], number, marks_of(line[2].encode())))
    if keys:
        yield Plaintext(file, "the file", tuple(keys), keys[0].line)


def _goes_on(value: str) -> bool:
    """Is there a quote that ends in another line?"""
    return value[:1] in ("'", '"') and value.count(value[0]) == 1


def manifest(file: str, text: str) -> Iterator[Plaintext]:
    """Every value that is not sealed; what Secret objects hold is found as in any other file."""
    for document in documents(text):
        nodes = document.nodes()
        if nodes is None:
            yield Plaintext(file, NO_YAML, (), document.above + 1)
            continue
        for node in nodes:
            if not {"Secret", "SealedSecret"} & set(scalars(node, "kind")):
                keys = tuple(values(document, node))
                if keys:
                    yield Plaintext(file, "the file", keys, keys[0].line)


def values(document: PlaintextDocument, node: Node, path: str = "") -> Iterator[PlaintextKey]:
    """Every value with the names that lead to it."""
    waiting = [(path, node)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, MappingNode):
            inside = [(f"{path}.{name}" if path else name, v) for name, _, v in entries(node)]
            waiting += reversed(inside)
        elif isinstance(node, SequenceNode):
            waiting += [(path, item) for item in reversed(node.value)]
        elif isinstance(node, ScalarNode) and document.is_plain(node):
            yield PlaintextKey(path, document.line(node), marks_of(node.value.encode()))
