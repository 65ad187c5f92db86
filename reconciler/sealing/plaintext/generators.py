"""Secrets that Kustomize would make: of texts in a kustomization, and of files beside it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from yaml.nodes import Node, ScalarNode

from reconciler.model.kustomization import unquoted
from reconciler.model.paths import is_kustomization
from reconciler.sealing.plaintext.found import Plaintext, PlaintextKey, called
from reconciler.sealing.plaintext.marks import marks_of
from reconciler.sealing.plaintext.not_secret import is_reference
from reconciler.sealing.plaintext.yaml_nodes import (
    PlaintextDocument,
    documents,
    entries,
    items,
    scalars,
    text_of,
)

GENERATOR = "secretgenerator"


@dataclass(frozen=True, slots=True)
class SecretSource:
    """A file that a generator reads, and for which Secret."""

    file: str
    secret: str
    named_by: str
    line: int


def literals_in(file: str, text: str, above: int = 0) -> Iterator[Plaintext]:
    """The values in a kustomization itself."""
    return (made for made in _all(file, text, above) if isinstance(made, Plaintext))


def sources_in(file: str, content: bytes) -> Iterator[SecretSource]:
    """The files that a kustomization takes values from."""
    return (made for made in _all(file, text_of(content)) if isinstance(made, SecretSource))


def _all(file: str, text: str, above: int = 0) -> Iterator[Plaintext | SecretSource]:
    if GENERATOR in text.lower():
        for document in documents(text, above):
            nodes = document.nodes()
            if nodes is None and is_kustomization(file) and GENERATOR in document.text.lower():
                what = "the generator, in YAML that cannot be read, may hold secrets"
                yield Plaintext(file, what, (), document.above + 1)
            for node in nodes or ():
                for generator in _generators(node):
                    yield from _made(file, document, generator)


def _generators(node: Node) -> Iterator[Node]:
    """By name in lower case: kustomize does not look at the case."""
    yield from items([value for name, _, value in entries(node) if name.lower() == GENERATOR])
    if "SecretGenerator" in scalars(node, "kind"):
        yield node


def _made(
    file: str, document: PlaintextDocument, generator: Node
) -> Iterator[Plaintext | SecretSource]:
    names = scalars(generator, "name")
    for metadata in [value for name, _, value in entries(generator) if name == "metadata"]:
        names += scalars(metadata, "name")
    secret = f"Secret{called(names[0])}" if names else "a Secret"
    keys = []
    for name, _, value in entries(generator):
        texts = [value] if name.lower() == "env" else items([value])
        for text in texts:
            if isinstance(text, ScalarNode):
                match name.lower():
                    case "literals":
                        key, joint, plain = text.value.partition("=")
                        if not is_reference(plain if joint else key):
                            marks = marks_of(unquoted(plain).encode())
                            keys.append(
                                PlaintextKey(key if joint else "", document.line(text), marks)
                            )
                    case "files" | "envs" | "env":
                        path = text.value.partition("=")[2] or text.value
                        found = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
                        yield SecretSource(found, secret, file, document.line(text))
    if keys:
        yield Plaintext(file, f"the generator of {secret}", tuple(keys), keys[0].line)
