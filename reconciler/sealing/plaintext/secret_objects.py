"""Secret objects, wherever in a document they are: in a list, a patch, or a text within it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from yaml.nodes import MappingNode, Node, ScalarNode

from reconciler.sealing.plaintext.found import Plaintext, PlaintextKey, called
from reconciler.sealing.plaintext.marks import marks_of
from reconciler.sealing.plaintext.not_secret import content_of
from reconciler.sealing.plaintext.templated import templated_secret
from reconciler.sealing.plaintext.words import speaks_of_secrets
from reconciler.sealing.plaintext.yaml_nodes import (
    PlaintextDocument,
    all_of,
    documents,
    entries,
    items,
    nodes_below,
    scalars,
)

PARTS = ("Secret", "\\", "!", "/stringData")
DATA = ("data", "stringData")
MAX_NESTING = 4


def secrets_in(file: str, text: str, above: int = 0, nesting: int = 0) -> Iterator[Plaintext]:
    """What is in the clear in the Secrets of a text; lines count from the one above it."""
    if not any(part in text for part in PARTS):  # looking for that is ten times faster
        return
    for document in documents(text, above):
        if not speaks_of_secrets(document.text):
            continue
        nodes = document.nodes()
        if nodes is None:
            if found := templated_secret(file, document):
                yield found
            continue
        for node in nodes:
            yield from _below(file, document, node, nesting)


def _below(file: str, document: PlaintextDocument, top: Node, nesting: int) -> Iterator[Plaintext]:
    for node in nodes_below(top):
        if isinstance(node, ScalarNode):
            yield from _within(file, document, node, nesting)
        elif isinstance(node, MappingNode):
            yield from _of(file, document, node)


def _within(
    file: str, document: PlaintextDocument, node: ScalarNode, nesting: int
) -> Iterator[Plaintext]:
    """A text may hold manifests itself: a ConfigMap's file, a patch, what was last applied."""
    looks_so = "\n" in node.value or node.value.lstrip().startswith(("{", "["))
    if looks_so and nesting < MAX_NESTING and speaks_of_secrets(node.value):
        line = document.first_line_of(node)
        found = secrets_in(file, node.value, line - 1, nesting + 1)
        for f in found:
            yield f if node.style in ("|", ">") else _at(f, line)


def _at(found: Plaintext, line: int) -> Plaintext:
    """Where a text began that was written without its line ends."""
    return replace(found, keys=tuple(replace(k, line=line) for k in found.keys), line=line)


def _of(file: str, document: PlaintextDocument, node: MappingNode) -> Iterator[Plaintext]:
    names = {name for name, _, _ in entries(node)}
    if not names & {"kind", "target", "op"}:
        return
    keys: list[PlaintextKey] = []
    what = "a Secret"
    if is_secret(node):
        metadata = all_of(node, "metadata")
        called_so = [f"{_slash(m)}{n}" for m in metadata for n in scalars(m, "name")]
        what = f"Secret{called(called_so[0])}" if called_so else what
        keys = plain_keys(document, node)
    elif "SecretList" in scalars(node, "kind"):  # of which the items need not say what they are
        what = "a list of Secrets"
        for item in items(all_of(node, "items")):
            keys += plain_keys(document, item)
    if any("Secret" in scalars(target, "kind") for target in all_of(node, "target")):
        for patch in all_of(node, "patch"):
            if isinstance(patch, ScalarNode):
                keys += patched(patch.value, document.first_line_of(patch) - 1, DATA)
    elif _operation(node, ("stringData",)):
        keys += _operations(document, [node], ("stringData",))
        what = "a patch of a Secret"
    if keys:
        keys.sort(key=lambda k: k.line)
        yield Plaintext(file, what, tuple(keys), keys[0].line)


def is_secret(node: MappingNode) -> bool:
    """Is it a core Secret? A patch may leave the version out, or a template make it."""
    versions = scalars(node, "apiVersion")
    return "Secret" in scalars(node, "kind") and (
        not versions or any(v == "v1" or "{{" in v for v in versions)
    )


def plain_keys(document: PlaintextDocument, secret: Node) -> list[PlaintextKey]:
    keys = []
    for field in DATA:
        for data in all_of(secret, field):
            if isinstance(data, MappingNode):
                keys += _plain_entries(document, data, field)
            elif document.is_plain(data):
                keys.append(PlaintextKey("", document.line(data)))
    return keys


def _plain_entries(document: PlaintextDocument, data: Node, field: str) -> list[PlaintextKey]:
    return [
        PlaintextKey(name, document.line(key), marks(value, field))
        for name, key, value in entries(data)
        if document.is_plain(value, field)
    ]


def marks(value: Node, field: str) -> tuple[bytes, ...]:
    """By which the value is known again in what is rendered."""
    return marks_of(content_of(value.value, field)) if isinstance(value, ScalarNode) else ()


def _slash(metadata: Node) -> str:
    return "".join(f"{n}/" for n in scalars(metadata, "namespace")[:1])


def patched(patch: str, above: int, fields: tuple[str, ...]) -> list[PlaintextKey]:
    """The keys that the JSON patches in a text give a value."""
    keys = []
    for document in documents(patch, above):
        for node in document.nodes() or ():
            keys += _operations(document, list(items([node])), fields)
    return keys


def changed_data(patch: str, above: int) -> list[PlaintextKey]:
    """The keys that a patch of either form gives a value, should what it changes be a Secret."""
    keys = patched(patch, above, DATA)
    for document in documents(patch, above):
        for node in document.nodes() or ():
            keys += plain_keys(document, node)
    return keys


def _operations(
    document: PlaintextDocument, nodes: list[Node], fields: tuple[str, ...]
) -> list[PlaintextKey]:
    keys = []
    for node in nodes:
        path = _operation(node, fields)
        field = path.split("/")[1] if path else ""
        for value in all_of(node, "value") if path else ():
            if isinstance(value, MappingNode):
                keys += _plain_entries(document, value, field)
            elif document.is_plain(value, field):
                name = path.split("/")[-1].replace("~1", "/").replace("~0", "~")
                keys.append(PlaintextKey(name, document.line(value), marks(value, field)))
    return keys


def _operation(node: Node, fields: tuple[str, ...]) -> str:
    """The path of a JSON patch's operation that changes one of these fields."""
    if scalars(node, "op"):
        for path in scalars(node, "path"):
            if path.split("/")[1:2] and path.split("/")[1] in fields:
                return path
    return ""
