"""What a value may be: each kind reads it, and describes it to people and to editors."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from yaml.nodes import Node, ScalarNode, SequenceNode

from reconciler.text.suggestions import did_you_mean, listing
from reconciler.yaml.nodes import OLD_BOOLEANS, YamlText, found, kind_of

Schema = dict[str, Any]


class ValueKind:
    """A kind of value; `words` completes the sentence "it must be …"."""

    words: str

    def read(self, node: Node, path: str, source: YamlText) -> Any:
        source.places[path] = source.place(node)
        return self._read(node, path, source)

    def schema(self) -> Schema:
        raise NotImplementedError

    def _read(self, node: Node, path: str, source: YamlText) -> Any:
        raise NotImplementedError

    def _misfit(self, node: Node, path: str, source: YamlText, hint: str = "") -> Exception:
        what = f"{path or 'the file'} must be {self.words}, not {found(node)}"
        return source.error(node, what, hint=hint)


class Advice(NamedTuple):
    """What is wrong with a text, and what to do about it."""

    what: str = ""
    hint: str = ""


class Text(ValueKind):
    """Text in one notation.

    `advise` looks at a text that the pattern refuses, and knows what is wrong better than that it
    is not as it must be. `convert` makes a text the value, and refuses what no pattern can by a
    ValueError, of which the arguments are an advice too.
    """

    def __init__(
        self,
        words: str = "text",
        pattern: str = r"\S(?:.*\S)?",
        *,
        advise: Callable[[str], Advice] = lambda _: Advice(),
        convert: Callable[[str], Any] = str,
    ) -> None:
        self.words = words
        self.pattern = pattern
        self.advise = advise
        self.convert = convert

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^(?:{self.pattern})$"}

    def _read(self, node: Node, path: str, source: YamlText) -> Any:
        kind = kind_of(node)
        if kind != "text":
            quotable = kind in ("boolean", "integer", "number")
            hint = f'put it in quotes: "{node.value}"' if quotable else ""
            if node.tag.startswith("!"):
                hint = "text that begins with ! stands in quotes"
            raise self._misfit(node, path, source, hint)
        if not re.fullmatch(self.pattern, node.value):
            advice = self.advise(node.value)
            if advice.what:
                raise source.error(node, f"{path} {advice.what}", hint=advice.hint)
            raise self._misfit(node, path, source, advice.hint)
        try:
            return self.convert(node.value)
        except ValueError as e:
            advice = Advice(*e.args)
            raise source.error(node, f"{path}: {advice.what}", hint=advice.hint) from None


class Expression(Text):
    """Text in a language of its own; its place is where the text begins, whatever is around it."""

    def __init__(self, words: str) -> None:
        super().__init__(words, r"\S[\s\S]*", convert=str.rstrip)

    def read(self, node: Node, path: str, source: YamlText) -> str:
        text = super().read(node, path, source)
        source.places[path] = source.beginning(node)
        return str(text)


class Choice(ValueKind):
    """One of a few words."""

    def __init__(self, options: Sequence[str]) -> None:
        self.options = options
        self.words = listing(options, "or")

    def schema(self) -> Schema:
        return {"enum": list(self.options)}

    def _read(self, node: Node, path: str, source: YamlText) -> str:
        if kind_of(node) == "text":
            if node.value in self.options:
                return str(node.value)
            raise self._misfit(node, path, source, did_you_mean(node.value, self.options))
        raise self._misfit(node, path, source)


class Boolean(ValueKind):
    words = "true or false"

    def schema(self) -> Schema:
        return {"type": "boolean"}

    def _read(self, node: Node, path: str, source: YamlText) -> bool:
        if kind_of(node) == "boolean":
            return str(node.value).lower() == "true"
        meant = OLD_BOOLEANS.get(node.value.lower()) if isinstance(node, ScalarNode) else None
        raise self._misfit(node, path, source, f"did you mean {meant}?" if meant else "")


class Count(ValueKind):
    words = "a whole number, at least 1"
    most = 10_000

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": 1, "maximum": self.most}

    def _read(self, node: Node, path: str, source: YamlText) -> int:
        if kind_of(node) == "integer" and re.fullmatch("0*[1-9][0-9]{0,4}", node.value):
            number = int(node.value)
            if number <= self.most:
                return number
        raise self._misfit(node, path, source)


class Many(ValueKind):
    """A list; where `alone`, one value stands for the list of it."""

    def __init__(self, item: ValueKind, *, alone: bool) -> None:
        self.item = item
        self.alone = alone
        self.words = f"{item.words}, or a list of such" if alone else f"a list, each {item.words}"

    def schema(self) -> Schema:
        item = self.item.schema()
        several = {"type": "array", "items": item, "uniqueItems": True}
        return {"anyOf": [item, several]} if self.alone else several

    def _read(self, node: Node, path: str, source: YamlText) -> tuple[Any, ...]:
        if isinstance(node, SequenceNode) and kind_of(node) == "list":
            return self._items(node, path, source)
        if self.alone:
            return (self.item.read(node, f"{path}[0]", source),)
        raise self._misfit(node, path, source)

    def _items(self, node: SequenceNode, path: str, source: YamlText) -> tuple[Any, ...]:
        values: list[Any] = []
        for i, item in enumerate(node.value):
            value = self.item.read(item, f"{path}[{i}]", source)
            if value in values:
                raise source.error(
                    item, f"{path} lists the same twice", hint="remove one of the two"
                )
            values.append(value)
        return tuple(values)
