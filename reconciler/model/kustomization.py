"""What a kustomization says of itself, without rendering it.

Whatever does not fit is left out: what is wrong with a kustomization, the render says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.errors import Place
from reconciler.model.files import Files, read
from reconciler.model.paths import kustomization_in
from reconciler.yaml.nodes import YamlText


@dataclass(frozen=True, slots=True)
class BaseReference:
    """Something that a kustomization builds on: a file, a folder or a URL."""

    text: str
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Image:
    """What an image is replaced with."""

    name: str
    new_name: str = ""
    new_tag: str = ""
    digest: str = ""
    place: Place | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        tag = f":{self.new_tag}" if self.new_tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.new_name or self.name}{tag}{digest}"


@dataclass(frozen=True, slots=True)
class Replicas:
    """How many pods a workload has."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A literal of a generated ConfigMap."""

    config: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Kustomization:
    bases: tuple[BaseReference, ...] = ()
    namespace: str = ""
    name_prefix: str = ""
    name_suffix: str = ""
    images: tuple[Image, ...] = ()
    replicas: tuple[Replicas, ...] = ()
    parameters: tuple[Parameter, ...] = ()


def read_folder(files: Files, folder: str) -> Kustomization | None:
    """What the kustomization of a folder says, if it has one."""
    path = kustomization_in(files, folder)
    return read_kustomization(read(files, path), path) if path else None


def read_kustomization(content: bytes, file: str) -> Kustomization:
    """Raises only what is wrong with the YAML."""
    source = YamlText(file)
    node = source.document(content)
    fields = dict(_fields(node, source)) if node else {}
    bases = (
        BaseReference(item.value, source.place(item))
        for name in ("resources", "components", "bases")
        for item in _items(fields.get(name))
        if isinstance(item, ScalarNode)
    )
    return Kustomization(
        bases=tuple(bases),
        namespace=_text(fields.get("namespace")),
        name_prefix=_text(fields.get("nameprefix")),
        name_suffix=_text(fields.get("namesuffix")),
        images=tuple(
            Image(
                *(f["name"], f.get("newname", ""), f.get("newtag", ""), f.get("digest", "")),
                source.place(item),
            )
            for item, f in _named(fields.get("images"), source)
        ),
        replicas=tuple(
            Replicas(f["name"], int(f["count"]))
            for _, f in _named(fields.get("replicas"), source)
            if f.get("count", "").isdecimal() and len(f["count"]) < 10
        ),
        parameters=tuple(_parameters(fields.get("configmapgenerator"), source)),
    )


def _parameters(node: Node | None, source: YamlText) -> Iterator[Parameter]:
    for item in _items(node):
        fields = dict(_fields(item, source))
        for literal in _items(fields.get("literals")):
            key, joint, value = _text(literal).partition("=")
            if joint:
                yield Parameter(_text(fields.get("name")), key, unquoted(value))


def unquoted(value: str) -> str:
    """As kustomize does it: one pair of quotes around the whole value is not part of it."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if quoted else value


def _named(node: Node | None, source: YamlText) -> Iterator[tuple[Node, Mapping[str, str]]]:
    """Each item that has a name, with its text fields."""
    for item in _items(node):
        fields = {name: _text(value) for name, value in _fields(item, source)}
        if fields.get("name"):
            yield item, fields


def _fields(node: Node, source: YamlText) -> Iterator[tuple[str, Node]]:
    """By name in lower case: kustomize does not look at the case."""
    if isinstance(node, MappingNode):
        for name, _, value in source.entries(node):
            yield name.lower(), value


def _items(node: Node | None) -> list[Node]:
    return list(node.value) if isinstance(node, SequenceNode) else []


def _text(node: Node | None) -> str:
    return str(node.value) if isinstance(node, ScalarNode) else ""
