"""An edit touches its own lines and no other."""

from __future__ import annotations

import copy
import difflib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.yaml.edit import edited
from reconciler.yaml.read import Document, read_documents
from reconciler.yaml.write import as_json, as_yaml
from tests.yaml.independent import ruamel_values

FILE = """\
# About this file.
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret   # sealed
metadata:
    name: api
    annotations: {}
spec:
    # The values.
    encryptedData:
        # Who logs in.
        user: AgA1  # since 2021

        # How.
        password: "AgA2"
    template:
        data: {"a": "b"}
        metadata:


---
# Another one.
kind: Other
text: |
    a

    b
"""


def document(text: str, number: int = 0) -> Document:
    return read_documents(text.encode(), "file.yaml")[number]


def with_value(text: str, path: str, value: Any, number: int = 0) -> str:
    """The text after an edit; None removes."""
    found = document(text, number)
    new = copy.deepcopy(found.value)
    *above, last = path.split(".")
    inside = new
    for step in above:
        inside = inside[step]
    if value is None:
        del inside[last]
    else:
        inside[last] = value
    return edited(found, new).text


def changed(before: str, after: str) -> list[str]:
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line[0] in "+-"]


DATA = "spec.encryptedData"
CASES: list[tuple[str, Any, list[str]]] = [
    (f"{DATA}.user", "AgB1", ["-         user: AgA1  # since 2021", "+         user: AgB1  # since 2021"]),
    (f"{DATA}.password", "AgB2", ['-         password: "AgA2"', '+         password: "AgB2"']),
    (f"{DATA}.token", "AgB3", ["+         token: AgB3"]),
    (f"{DATA}.alpha", "AgB3", ["+         alpha: AgB3"]),
    (f"{DATA}.user", None, ["-         user: AgA1  # since 2021"]),
    (DATA, {}, ["-     encryptedData:", "-         # Who logs in.", "-         user: AgA1  # since 2021", "- ", "-         # How.", '-         password: "AgA2"', "+     encryptedData: {}"]),
    ("metadata.annotations", {"y": "no"}, ["-     annotations: {}", "+     annotations:", '+       "y": "no"']),
    ("metadata.annotations", {"a": "x y\nz\n"}, ["-     annotations: {}", "+     annotations:", "+       a: |", "+         x y", "+         z"]),
    ("spec.template.data", {"a": "c"}, ['-         data: {"a": "b"}', '+         data: {"a": "c"}']),
    ("spec.template.metadata", {"labels": {"a": "b"}}, ["+           labels:", "+             a: b"]),
    ("spec.template.type", "Opaque", ["+         type: Opaque"]),
]  # fmt: skip


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(("path", "value", "lines"), CASES)
def test_an_edit_touches_only_its_own_lines(
    path: str, value: Any, lines: list[str], ends: str
) -> None:
    before = FILE.replace("\n", ends)
    after = with_value(before, path, value)
    # ndiff may pair an unchanged line with its twin: the sets say what is there.
    assert sorted(changed(before, after)) == sorted(lines)
    assert ruamel_values(after) == [found.value for found in read_documents(after.encode(), "f")]
    assert after.count("\n") == after.count(ends)


def test_a_later_document_is_edited_alone() -> None:
    first, _, _ = FILE.partition("text:")
    assert with_value(FILE, "text", "c\n\nd\n", 1) == first + "text: |\n  c\n\n  d\n"


def test_a_file_without_a_last_line_break_grows_by_whole_lines() -> None:
    assert with_value("a: {b: c}\nd:\n  e: f", "d.g", "h") == "a: {b: c}\nd:\n  e: f\n  g: h\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a:\n- b # c\n\nd: e\n", "a:\n- b # c\n- x\n\nd: e\n"),
        ("a:\n  -   b\n  # end\n", "a:\n  -   b\n  - x\n  # end\n"),
        ("a: [b]\n", 'a: [b, "x"]\n'),
        ("a: [b]", 'a: [b, "x"]'),
        ("a:\n- b", "a:\n- b\n- x\n"),
    ],
)
def test_a_list_grows_at_its_end(before: str, after: str) -> None:
    assert with_value(before, "a", ["b", "x"]) == after


def test_json_stays_json_with_its_indentation() -> None:
    text = json.dumps({"kind": "X", "b": {"z": "1"}}, indent=4)
    assert with_value(text, "b.a", "é") == json.dumps(
        {"kind": "X", "b": {"z": "1", "a": "é"}}, indent=4, ensure_ascii=False
    )
    assert with_value('{"b":{}}', "b", {"a": "c"}) == '{"b":{"a":"c"}}'


def test_what_stands_in_two_places_is_edited_in_one() -> None:
    after = with_value("a: &x\n  b: c\nd: *x\n", "d.b", "e")
    assert after == "a: &x\n  b: c\nd:\n  b: e\n"


names = st.text("abcdxyz", min_size=1, max_size=3)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)
texts |= st.sampled_from(
    ["y", "no", "1", "1e3", "0x1f", "null", "~", "a\nb", "a\n", "\n", "- a", ""]
)
values = st.recursive(texts, lambda inner: st.dictionaries(names, inner, max_size=3), max_leaves=8)
objects = st.dictionaries(names, values, min_size=1, max_size=4)


@given(objects, objects, st.sampled_from([as_yaml, as_json]))
def test_what_was_edited_reads_as_what_was_meant(
    old: dict[str, Any], new: dict[str, Any], layout: Any
) -> None:
    found = document(layout(old))
    assert found.value == old
    after = edited(found, new).text
    assert document(after).value == new
    assert ruamel_values(after) == [new]
