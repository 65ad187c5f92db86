"""Where values are written that were rendered: they are known again by their marks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from yaml.nodes import ScalarNode

from reconciler.errors import Place
from reconciler.model.kustomization import unquoted
from reconciler.sealing.plaintext.contents import FileContents
from reconciler.sealing.plaintext.found import mark_of
from reconciler.sealing.plaintext.not_secret import content_of
from reconciler.sealing.plaintext.words import words_in
from reconciler.sealing.plaintext.yaml_nodes import documents, nodes_below, text_of

MAX_NESTING = 4


def places_of(
    marks: Collection[bytes], files: Mapping[str, str], contents: FileContents
) -> dict[bytes, Place]:
    """The first place of each value; values that nobody wrote so have none."""
    found: dict[bytes, Place] = {}
    texts = dict(contents.texts(files.values())) if marks else {}
    for file, blob in files.items():
        for mark, line in marks_in(texts.get(blob) or b""):
            if mark in marks:
                found.setdefault(mark, Place(file, line))
    return found


def marks_in(content: bytes) -> Iterator[tuple[bytes, int]]:
    """Of all that could be a value in a file, with its line."""
    text = text_of(content)
    yield from _in_yaml(text, 0, 0)
    for number, line in enumerate(text.split("\n"), 1):
        for part in {line, line.strip(), line.partition("=")[2], *words_in(line)}:
            yield mark_of(part.encode()), number
    yield mark_of(content), 1


def _in_yaml(text: str, above: int, nesting: int) -> Iterator[tuple[bytes, int]]:
    for document in documents(text, above):
        for node in document.nodes() or ():
            for scalar in nodes_below(node):
                if not isinstance(scalar, ScalarNode):
                    continue
                line = document.line(scalar)
                value = scalar.value
                yield mark_of(value.encode()), line
                yield mark_of(content_of(value, "data")), line
                yield mark_of(unquoted(value.partition("=")[2]).encode()), line
                if nesting < MAX_NESTING and ("\n" in value or "{" in value):
                    inside = document.first_line_of(scalar) - 1
                    yield from _in_yaml(value, inside, nesting + 1)
