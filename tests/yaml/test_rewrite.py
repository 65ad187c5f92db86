"""Where no splice can make an edit the document is written again: all that it says stays."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from reconciler.errors import DocumentError
from reconciler.yaml.comments import comments
from reconciler.yaml.edit import EditedFile, edited
from reconciler.yaml.read import Odd, read_documents
from tests.yaml.independent import ruamel_values

Change = Callable[[Any], Any]


def changed(text: str, change: Change, number: int = 0) -> EditedFile:
    document = read_documents(text.encode(), "file.yaml")[number]
    value = copy.deepcopy(document.value)
    change(value)
    return edited(document, value)


def put(*path: Any) -> Change:
    """All but the last lead there, and the last is the value."""
    *above, key, new = path

    def change(value: Any) -> None:
        for step in above:
            value = value[step]
        value[key] = new

    return change


def without(*path: Any) -> Change:
    *above, key = path

    def change(value: Any) -> None:
        for step in above:
            value = value[step]
        del value[key]

    return change


IMAGES = """\
# The images.
images:
# of paw
- name: paw  # a dog
  newTag: &tag v1  # both

# of dog
- name: dog
  newTag: *tag
# of the rest
- name: rest
  newTag: *tag
"""
MERGED = "base: &m\n  k: v  # of k\n  l: 010\nuse:\n  <<: *m\n  n: o  # own\nother:\n  <<: *m\n"

CASES: list[tuple[str, Change, str]] = [
    # of an alias, its own place changes and no other
    ("a: &x\n  b: c  # of c\nd: *x\n", put("d", "b", "e"), "a: &x\n  b: c  # of c\nd:\n  b: e\n"),
    ("a: &x\n  b: c  # of c\nd: *x\n", put("a", "b", "e"), "a: &x\n  b: e  # of c\nd:\n  b: c\n"),
    ("a: &x v\nb: [*x, *x]\nc: *x\n", put("c", "w"), "a: &x v\nb: [*x, *x]\nc: w\n"),
    ("a: &x v\nb: [*x]\nc: *x\n", put("a", "w"), "a: &x w\nb: [&id001 v]\nc: *id001\n"),
    (IMAGES, put("images", 1, "newTag", "v2"), IMAGES.replace("*tag\n# of the rest", "v2\n# of the rest")),
    (IMAGES, put("images", 0, "newTag", "v2"), IMAGES.replace("v1", "v2").replace("*tag", "&id001 v1", 1).replace("*tag", "*id001")),
    # the definition goes, and the next place has it
    ("a: &x {b: c}\nd: *x\ne: *x\n", without("a"), "d: &x {b: c}\ne: *x\n"),
    # what << brings is set on the mapping itself
    (MERGED, put("use", "k", "w"), MERGED.replace("  n: o  # own\n", "  n: o  # own\n  k: w\n")),
    (MERGED, put("use", "n", "w"), MERGED.replace("n: o", "n: w")),
    (MERGED, without("use", "k"), MERGED.replace("<<: *m", "l: 010", 1)),
    (MERGED, put("base", "k", "w"), MERGED.replace("k: v", "k: w").replace("*m", "&id001\n    k: v\n    l: 010", 1).replace("*m", "*id001")),
    ("a:\n  <<: [{b: c}, {b: d, e: f}]\n", put("a", "e", "g"), "a:\n  <<: [{b: c}, {b: d, e: f}]\n  e: g\n"),
    # what is empty, with a comment behind it and below it
    ("a: &x {}  # end\n# of b\nb: []  # end\nd: *x\n", put("d", "v"), "a: &x {}  # end\n# of b\nb: []  # end\nd: v\n"),
    ("a: &x {}  # end\n# of d\nd: *x\n", put("a", "b", "c"), "a: &x     # end\n  b: c\n# of d\nd: {}\n"),
    ("a: &x  # of a\n  b: c\n# of d\nd: *x\n", without("a", "b"), "a: &x\n       # of a\n  {}\n# of d\nd:\n  b: c\n"),
    # flow style, and keys of their own
    ("{a: b, 'c': \"d\"}\n", put("c", "e"), "{a: b, 'c': \"e\"}\n"),
    ("{a: b}  # end\n", put("c", "e"), "{a: b, c: e}  # end\n"),
    ("? a\n: b\n", put("c", "e"), "a: b\nc: e\n"),
    # documents beside it, and the mark before it
    ("x:   1\n--- # a\n{a: b}\n# end\n---\ny:   2\n", put("a", "c"), "x:   1\n--- # a\n{a: c}\n# end\n---\ny:   2\n"),
]  # fmt: skip


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(("before", "change", "after"), CASES)
def test_what_no_splice_can_do_is_written_again(
    before: str, change: Change, after: str, ends: str
) -> None:
    number = 1 if before.startswith("x: ") else 0
    found = changed(before.replace("\n", ends), change, number)
    assert found.text == after.replace("\n", ends)
    wanted = read_documents(before.encode(), "file.yaml")[number].value
    change(wanted)
    assert read_documents(found.text.encode(), "file.yaml")[number].value == wanted


def test_only_what_was_rewritten_is_said_to_be() -> None:
    assert not changed(IMAGES, put("images", 1, "name", "cat")).rewritten
    assert changed(IMAGES, put("images", 1, "newTag", "v2")).rewritten


# Each is something else to some version of YAML, or to some reader of it.
SPELLINGS = [
    "yes", "NO", "on", "~", "", "null", "Null", "010", "0o17", "0x1F", "0b11", "1_000", "1e3", "1E+3",
    "+1", "-0", "1.", ".5", "1.0", "1.10", ".inf", "-.INF", ".NaN", "Infinity", "NaN", "12:30:45",
    "1:20", "2001-12-14", "2001-12-14t21:59:43.10-05:00", "=", "!!str 1", "!own x", '"010"', "'yes'",
    '"a\\tb\\u00e9"', "é ü 漢", "'it''s'", "w " * 200 + "w", "a  b", "x#y", "'# no comment'", "{}", "[]",
    "[1, 010, [yes]]", "{a: 1_0, 'b': ~}", '"' + "x " * 100 + '"',
    "|\n  a\n\n   b", "|-\n  a", "|+\n  a\n\n", "|2\n   a\n  b", ">\n  a\n  b\n\n  c\n    d\n  e", ">-\n  a\n  b",
    ">+\n  a\n\n\n", "| # a comment\n  a", "|\n  # no comment\n  a",
    "a\n  b\n\n  c", '"a\n  b\n\n  c"',
]  # fmt: skip


RESPELLED = ("!!str 1", '"a\\tb\\u00e9"')  # in other quotes, or with the letter that was meant


def scalars(text: str) -> Counter[tuple[str, str]]:
    """As PyYAML, which reads YAML 1.1, finds them: tag and text."""
    found: Counter[tuple[str, str]] = Counter()
    waiting: list[Any] = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            found[node.tag, node.value] += 1
        else:
            for part in node.value:
                waiting += part if isinstance(part, tuple) else (part,)
    return found


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_what_is_not_edited_keeps_its_spelling(spelling: str) -> None:
    text = f"a: &x {{b: c}}\nk: {spelling}\nd: *x\n"
    found = changed(text, put("d", "b", "e"))
    assert found.rewritten
    added = Counter([("tag:yaml.org,2002:str", new) for new in ("b", "e")])
    assert scalars(found.text) == scalars(text) + added
    if "\n" not in spelling and spelling not in RESPELLED:
        assert f"\nk: {spelling}".rstrip() in [f"\n{line}" for line in found.text.splitlines()]


def test_keys_keep_their_spelling() -> None:
    text = "a: &x {b: c}\n1: a\n'2': b\n010: c\nyes: d\n~: e\n\"q\": f\n2001-12-14: g\nd: *x\n"
    assert changed(text, put("d", "b", "e")).text == text.replace("*x", "{b: e}")


@pytest.mark.parametrize(
    "text",
    [
        "a: &x\n    b: c\nl:\n    - d\n    -   e\nz: *x\n",
        "a: &x\n  b: c\nl:\n- d\n- e: f\n  g: h\nz: *x\n",
        "a: &x\n   b: c\nl:\n  -  d: e\n     f:\n        g: h\nz: *x\n",
    ],
)
def test_the_indentation_is_that_of_the_document(text: str) -> None:
    lines = changed(text, put("z", "b", "e")).text.splitlines()
    assert [line for line in text.splitlines()[:-1] if line not in lines] in ([], ["    -   e"])


def test_an_item_of_a_list_is_a_document_of_its_own() -> None:
    text = "apiVersion: v1\nkind: List\nitems: [&a {kind: A}, *a, {kind: B}]\n"
    assert changed(text, put("kind", "C"), 1).text == text.replace("*a", "{kind: C}")


def test_a_comment_that_would_be_lost_is_an_error() -> None:
    with pytest.raises(DocumentError, match="losing a comment") as error:
        changed("x: &x {b: c}\na: [b, # of b\n  c]\nz: *x\n", put("z", "b", "e"))
    assert str(error.value.where) == "file.yaml:2"


@pytest.mark.parametrize("secret", ["hunter2"])
def test_no_error_repeats_a_value(secret: str) -> None:
    for text in (
        f"x: &x {{b: {secret}}}\na: [b, # {secret}\n  c]\nz: *x\n",
        f"%TAG !e! tag:example.org,2000:\n---\nx: &x {{b: !e!s {secret}}}\nz: *x\n",
    ):
        with pytest.raises(DocumentError) as error:
            changed(text, put("z", "b", f"{secret}-{secret}"))
        assert secret not in "".join(error.value.lines())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &m {k: v}\nb:\n  k: w\n  <<: *m\n", "takes over a key that stands above"),
        ("a: &x [*x]\n", "holds itself"),
        ("a: &x\n  <<: *x\n", "holds itself"),
        ("a:\n  <<: b\n", "only a mapping"),
        ("? [a]\n: b\n", "a key is plain text"),
        ("a: {<<: {b: c}, <<: {d: e}}\n", "twice"),
    ],
)
def test_what_readers_do_not_agree_on_is_refused(text: str, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        read_documents(text.encode(), "file.yaml")


def test_a_number_is_not_a_truth_value() -> None:
    assert changed("a: 1\nb: [1]\n", put("a", True)).text == "a: true\nb: [1]\n"
    assert changed("a: 1\nb: [1]\n", put("b", [True])).text == "a: 1\nb:\n- true\n"


def test_a_value_of_another_spelling_is_written_as_it_is() -> None:
    odd = Odd("0x1F", "tag:yaml.org,2002:int")
    assert changed("a: 1\n", put("a", odd)).text == "a: 0x1F\n"
    assert changed("{a: 1}\n", put("b", odd)).text == "{a: 1, b: 0x1F}\n"


# Documents as people write them, with all that YAML has, and edits of them.

KEYS = st.sampled_from(["a", "b", "c", "name", "'k'", "1", "no"])
PLAIN = st.sampled_from([s for s in SPELLINGS if not set(s) & set("\n!=")])
BLOCKS = st.sampled_from([s for s in SPELLINGS if s[:1] in ("|", ">")])
END = st.sampled_from(["", "", "  # end", " # another: one"])
ABOVE = st.sampled_from(["", "", "# above\n", "\n", "\n# far above\n\n"])
TEXTS = st.sampled_from(
    ["v2", "1.10", "no", "a: b", "é", "x\ny\n", "", "~", " # x", "'", "w " * 60]
)


class Writer:
    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw
        self.anchors = 0
        self.closed: list[int] = []  # a value cannot hold itself
        self.step = draw(st.sampled_from([2, 4]))
        self.offset = draw(st.sampled_from([0, 2]))

    def mapping(self, depth: int, column: int) -> str:
        keys = self.draw(st.lists(KEYS, min_size=1, max_size=4, unique=True))
        return "".join(self.entry(key, depth, column) for key in keys)

    def entry(self, key: str, depth: int, column: int) -> str:
        pad = " " * column
        above = self.draw(ABOVE).replace("#", pad + "#")
        return f"{above}{pad}{key}:{self.value(depth, column)}"

    def anchor(self) -> str:
        if self.draw(st.integers(0, 3)):
            return ""
        self.anchors += 1
        return f" &x{self.anchors}"

    def value(self, depth: int, column: int) -> str:
        before = self.anchors
        text = self.any_value(depth, column)
        self.closed += range(before + 1, self.anchors + 1)
        return text

    def any_value(self, depth: int, column: int) -> str:
        kind: str = self.draw(
            st.sampled_from(["plain", "plain", "block", "flow", "map", "list", "alias"])
        )
        end = self.draw(END)
        if kind == "alias" and self.closed:
            return f" *x{self.draw(st.sampled_from(self.closed))}{end}\n"
        if kind == "map" and depth:
            return f"{self.anchor()}{end}\n{self.mapping(depth - 1, column + self.step)}"
        if kind == "list" and depth:
            anchor = self.anchor()
            items = self.draw(st.integers(1, 3))
            pad = " " * (column + self.offset)
            items_of = (f"{pad}-{self.value(0, column + self.offset)}" for _ in range(items))
            return f"{anchor}{end}\n{''.join(items_of)}"
        anchor = self.anchor()
        if kind == "block":
            head, _, lines = self.draw(BLOCKS).partition("\n")
            if head == "|2":
                head, lines = "|", "  a"
            return f"{anchor} {head}\n" + "".join(
                f"{' ' * column}{line}\n" if line else "\n" for line in lines.split("\n")
            )
        if kind == "flow":
            inner = f"[{self.draw(TEXTS.filter(str.isalnum))}, {{a:{self.anchor()} 010}}, 'x']"
            return f"{anchor} {inner}{end}\n"
        plain: str = self.draw(PLAIN)
        return f"{anchor} {plain}{end}\n"


@st.composite
def documents(draw: Callable[..., Any]) -> str:
    writer = Writer(draw)
    text = f"{draw(ABOVE)}{writer.mapping(2, 0)}".rstrip("\n")
    return f"{text}\n"


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, item in inner:
        found.append((*path, key))
        if isinstance(item, dict | list):
            found += places(item, (*path, key))
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(text=documents(), data=st.data())
def test_any_edit_says_what_was_meant_to_a_reader_that_is_not_ours(
    text: str, data: st.DataObject
) -> None:
    document = read_documents(text.encode(), "file.yaml")[0]
    path = data.draw(st.sampled_from(places(document.value)))
    new = data.draw(TEXTS)
    value = copy.deepcopy(document.value)
    put(*path, new)(value)
    assume(at(document.value, path) != new)
    try:
        found = edited(document, value)
    except DocumentError as e:
        assert "losing a comment" in e.what  # noqa: PT017
        assert list(comments(text))
        return
    after = found.text
    # ruamel reads the old text and is told the edit: that is what it finds in the new one.
    for version in ((1, 1), (1, 2)):
        (wanted,) = ruamel_values(text, version)
        wanted = copied(wanted)
        try:
            inner = wanted
            for step in path[:-1]:
                inner = inner[named(inner, step)]
            inner[named(inner, path[-1])] = new
        except KeyError:
            continue
        assert repr(ruamel_values(after, version)) == repr([wanted])
    lost = Counter(c for _, c in comments(text)) - Counter(c for _, c in comments(after))
    assert not found.rewritten or not lost or not isinstance(at(document.value, path), str)


def named(inner: Any, step: Any) -> Any:
    """The key that a reader has made something else of."""
    if isinstance(inner, list):
        return step
    spelled = {"1": 1, "no": False}
    return step if step in inner else spelled[step]


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def copied(value: Any) -> Any:
    """With nothing in two places."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value
