"""A dataclass as the definition of a mapping: its fields, their kinds, what they are for.

    cluster: Annotated[Name, "The cluster, by the name that you call it."]

A field's name in YAML is its name here in camel case. A field without a description is not in the
file: whoever reads the record gives its value.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

from yaml.nodes import MappingNode, Node, ScalarNode

from reconciler.model.value_kinds import Boolean, Choice, Count, Many, Schema, Text, ValueKind
from reconciler.text.suggestions import did_you_mean, listing
from reconciler.yaml.nodes import YamlText, kind_of, shortened


class _OneOrMore:
    """In an annotation: a value alone stands for the list of it."""


ONE_OR_MORE = _OneOrMore()


class MappingField(NamedTuple):
    """A field as it is called in YAML and in Python."""

    name: str
    attribute: str
    kind: ValueKind
    about: str
    default: Any
    required: bool


class MappingKind(ValueKind):
    """A mapping that becomes an instance of a dataclass."""

    words = "a mapping"

    def __init__(self, made: type[Any]) -> None:
        self.made = made
        self.about = made.__doc__ or ""
        self.fields = {field.name: field for field in _fields_of(made)}

    def schema(self) -> Schema:
        return {
            "type": "object",
            "description": self.about,
            "additionalProperties": False,
            "required": [f.name for f in self.fields.values() if f.required],
            "properties": {
                f.name: f.kind.schema() | {"description": f.about} for f in self.fields.values()
            },
        }

    def read_with(self, given: dict[str, Any], node: Node, path: str, source: YamlText) -> Any:
        """The record, with the values that are not in the file."""
        if not isinstance(node, MappingNode) or kind_of(node) != "mapping":
            raise self._misfit(node, path, source, self._there_are())
        values = dict(given)
        for name, key, value in source.entries(node):
            field = self.fields.get(name)
            if field is None:
                what = f"there is no field {_inside(path, shortened(name))}"
                raise source.error(key, what, hint=self._there_are(name))
            values[field.attribute] = field.kind.read(value, _inside(path, name), source)
        for field in self.fields.values():
            if field.required and field.attribute not in values:
                raise source.error(
                    node,
                    f"{_inside(path, field.name)} is missing",
                    hint=f"add it: {field.kind.words}",
                )
        try:
            return self.made(**values)
        except ValueError as e:
            raise source.error(node, f"{path}: {e}") from None

    def _read(self, node: Node, path: str, source: YamlText) -> Any:
        return self.read_with({}, node, path, source)

    def _there_are(self, name: str = "") -> str:
        return did_you_mean(name, self.fields, "the fields here are")


class OneOf(ValueKind):
    """One of several records, told apart by their `type`."""

    words = "a mapping with a type"

    def __init__(self, records: list[MappingKind]) -> None:
        self.records = {_type_of(record): record for record in records}

    def schema(self) -> Schema:
        several = [record.schema() for record in self.records.values()]
        return {"oneOf": [one | {"required": ["type", *one["required"]]} for one in several]}

    def _read(self, node: Node, path: str, source: YamlText) -> Any:
        if not isinstance(node, MappingNode) or kind_of(node) != "mapping":
            named = isinstance(node, ScalarNode) and node.value in self.records
            hint = f"write type: {node.value}" if named else self._there_are()
            raise self._misfit(node, path, source, hint)
        for name, _, value in source.entries(node):
            if name == "type":
                chosen = Choice(list(self.records)).read(value, f"{path}.type", source)
                return self.records[chosen].read(node, path, source)
        raise source.error(node, f"{path}.type is missing", hint=self._there_are())

    def _there_are(self) -> str:
        return f"the types are {listing(self.records)}"


def _type_of(record: MappingKind) -> str:
    return str(record.fields["type"].default)


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


@cache
def record_of(made: type[Any]) -> MappingKind:
    return MappingKind(made)


def _fields_of(made: type[Any]) -> Iterator[MappingField]:
    hints = get_type_hints(made, include_extras=True)
    for field in dataclasses.fields(made):
        about = [x for x in getattr(hints[field.name], "__metadata__", ()) if isinstance(x, str)]
        if about:
            first, *rest = field.name.rstrip("_").split("_")
            name = first + "".join(part.capitalize() for part in rest)
            has_no = dataclasses.MISSING
            required = field.default is has_no and field.default_factory is has_no
            kind = _kind_of(hints[field.name])
            yield MappingField(name, field.name, kind, about[-1], field.default, required)


def _kind_of(hint: Any, extras: tuple[Any, ...] = ()) -> ValueKind:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        named = [x for x in hint.__metadata__ if isinstance(x, ValueKind)]
        return named[0] if named else _kind_of(arguments[0], hint.__metadata__)
    if origin is tuple:
        return Many(_kind_of(arguments[0]), alone=ONE_OR_MORE in extras)
    if origin is Literal:
        return Choice(arguments)
    if origin is UnionType:
        return OneOf([record_of(argument) for argument in arguments])
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return record_of(hint)
    plain: dict[type, type[ValueKind]] = {str: Text, bool: Boolean, int: Count}
    return plain[hint]()
