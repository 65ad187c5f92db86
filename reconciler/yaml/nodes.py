"""A YAML file as nodes that know their places."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from reconciler.errors import FleetError, Place, printable

MAX_BYTES = 1 << 20
# The composer in C calls itself for each level, and ends the process when the stack does.
MAX_DEPTH = 50

NO_CHARACTER = re.compile(
    "[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
USER = re.compile(r"://[^/@\s]*@")
TAB = re.compile(" *\t")
OPENS = "[{-:?"  # no list and no mapping begins without one of these
KNOWN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("map", "seq", "str", "null", "bool", "int", "float", "timestamp", "merge", "value")
)

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What YAML 1.1 takes for truth values, and people still write.
OLD_BOOLEANS = dict.fromkeys(("yes", "y", "on"), "true") | dict.fromkeys(
    ("no", "n", "off"), "false"
)


def where_too_deep(text: str, most: int) -> int | None:
    """The line where more levels than this are nested, to be known before anything is composed."""
    if sum(map(text.count, OPENS)) < most:
        return None
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > most:
            return event.start_mark.line + 1 if event.start_mark else 0
    return None


class YamlText:
    """The file that nodes come from, and the places of the values that were read from it."""

    __slots__ = ("_lines", "file", "places")

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[str, Place] = {}
        self._lines: list[str] = []

    def place(self, node: Node) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def beginning(self, node: Node) -> Place:
        """Where the text of a value begins; without a column where it is broken otherwise here."""
        first, last = node.start_mark, node.end_mark
        style = node.style if isinstance(node, ScalarNode) else None
        if style == "|":
            below = self._lines[first.line + 1]
            return Place(self.file, first.line + 2, len(below) - len(below.lstrip()) + 1)
        if first.line == last.line:
            return Place(self.file, first.line + 1, first.column + 1 + bool(style))
        return Place(self.file, first.line + 1)

    def error(self, node: Node, what: str, *, why: str = "", hint: str = "") -> FleetError:
        return FleetError(what, where=self.place(node), why=why, hint=hint)

    def document(self, content: bytes) -> Node | None:
        """The one document of the file; none if there is nothing in it."""
        text = self._text(content)
        self._lines = text.splitlines()
        try:
            too_deep = where_too_deep(text, MAX_DEPTH)
            if too_deep is not None:
                raise FleetError(
                    f"more than {MAX_DEPTH} levels are nested here",
                    where=Place(self.file, too_deep),
                )
            node = yaml.compose(text, Loader=LOADER)
        except yaml.MarkedYAMLError as e:
            raise self._malformed(e, text) from None
        if node is None or (isinstance(node, ScalarNode) and not node.value and not node.style):
            return None
        return node

    def entries(self, node: MappingNode) -> Iterator[tuple[str, Node, Node]]:
        """The name, key and value of each field."""
        seen: dict[str, Node] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise self.error(key, f"a field's name is text, not {found(key)}")
            if key.value in seen:
                raise self.error(
                    key,
                    f"{shortened(key.value)} is here twice",
                    why=f"the first one is in line {seen[key.value].start_mark.line + 1}",
                    hint="remove one of the two",
                )
            seen[key.value] = key
            yield key.value, key, value

    def _text(self, content: bytes) -> str:
        if len(content) > MAX_BYTES:
            raise FleetError(
                f"the file has {len(content):,} bytes, more than the {MAX_BYTES:,} that are read",
                where=Place(self.file),
                hint="is it the right file?",
            )
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as e:
            before = content[: e.start].decode("utf-8-sig")
            raise FleetError(
                "the file is not text in UTF-8",
                where=_end_of(self.file, before),
                hint="save it as UTF-8",
            ) from None
        if strange := NO_CHARACTER.search(text):
            raise FleetError(
                f"the file holds the character {printable(strange[0])}",
                where=_end_of(self.file, text[: strange.start()]),
                hint="remove it: it is not allowed in YAML",
            )
        return text

    def _malformed(self, error: yaml.MarkedYAMLError, text: str) -> FleetError:
        problem = error.problem or "it ends too early"
        mark = error.problem_mark or error.context_mark
        if mark is None:
            return FleetError(f"this is not YAML: {problem}", where=Place(self.file))
        if "another document" in problem:
            where = Place(self.file, mark.line + 1, 1)
            return FleetError("a second document begins here", where=where, hint="keep one")
        lines = text.splitlines() or [""]
        began = error.context_mark
        if mark.line >= len(lines) and began:  # the end of the file is no place to look at
            mark, began = began, None
        if mark.line >= len(lines):
            where = Place(self.file, len(lines), len(lines[-1]) + 1)
        else:
            where = Place(self.file, mark.line + 1, mark.column + 1)
        elsewhere = began is not None and began.line + 1 != where.line
        return FleetError(
            f"this is not YAML: {problem}",
            where=where,
            why=f"it came {error.context} from line {began.line + 1} on"
            if began and elsewhere
            else "",
            hint="indent with spaces: YAML takes no tabs"
            if TAB.match(lines[where.line - 1])
            else "",
        )


def _end_of(file: str, text: str) -> Place:
    """The place after this beginning of a file."""
    return Place(file, text.count("\n") + 1, len(text) - text.rfind("\n"))


TEXT = "tag:yaml.org,2002:str"
# Without a tag no version of YAML takes these for text: somebody wrote !!str.
NO_TEXT = re.compile(r"null|Null|NULL|~||true|True|TRUE|false|False|FALSE|[-+]?(0|[1-9][0-9]*)")
NULL = re.compile(r"null|Null|NULL|~|")
BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
NUMBER = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


def kind_of(node: Node) -> str:
    """What a value is by the rules of YAML 1.2, which editors and most programs go by.

    PyYAML has those of 1.1, where `no` is false, 22:30 is 1350 and 1.30 has lost its zero.
    """
    if node.tag not in KNOWN_TAGS:
        return "tag"
    if not isinstance(node, ScalarNode):
        return "list" if isinstance(node, SequenceNode) else "mapping"
    if node.style or (node.tag == TEXT and NO_TEXT.fullmatch(node.value)):
        return "text"
    for kind, pattern in (
        ("nothing", NULL),
        ("boolean", BOOLEAN),
        ("integer", INTEGER),
        ("number", NUMBER),
    ):
        if pattern.fullmatch(node.value):
            return kind
    return "text"


def found(node: Node) -> str:
    """A value as messages call it."""
    match kind_of(node):
        case "mapping":
            return "a mapping"
        case "list":
            return "a list"
        case "tag":
            return f"a value with the tag {node.tag}"
        case "nothing":
            return "nothing"
        case "text":
            return f'"{shortened(node.value)}"'
        case "boolean":
            return str(node.value)
    return f"the number {node.value}"


def shortened(text: str, most: int = 60) -> str:
    """A text to be shown; who is named before the host of a URL may be a password."""
    text = USER.sub("://...@", text)
    return text if len(text) <= most else f"{text[: most - 3]}..."
