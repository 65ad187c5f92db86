"""The edit of an entry touches the lines that it means, and renders as planned."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.errors import DocumentError
from reconciler.git.memory import MemoryTree
from reconciler.git.overlay import EditedTree
from reconciler.promotion.edit import edited_entry, with_ref
from reconciler.promotion.fields import Address, Item, read_fields
from reconciler.promotion.merge import ABSENT, Decision, Fate
from reconciler.render.process import Kernel
from reconciler.render.renderer import Renderer

FILE = "environments/prod/paw/kustomization.yaml"
URL = "https://git.example.org/fleet/apps//overlays/paw/prod?ref="
PIN = ("resources", Item("overlays/paw/prod"), "ref")
OLD, NEW = "1" * 40, "2" * 40

TAG = ("images", Item("paw"), "newTag")
LITERAL = ("configMapGenerator", Item("settings"), "literals", Item("A"))


def edited(text: str, changes: dict[tuple[Any, ...], Any]) -> str:
    content = text.encode()
    fields = read_fields(content, FILE)
    decisions = [
        Decision(Address(steps), Fate.promoted, new, None, "") for steps, new in changes.items()
    ]
    return edited_entry(FILE, content, fields, decisions).after.decode()


CASES = [
    ("images: [{name: paw, newTag: v1}] # a\n", {TAG: "v2"}, "images: [{name: paw, newTag: v2}] # a\n"),
    ("images:\n- newTag: 'v1'  # a\n  name: paw\n", {TAG: "v2"}, "images:\n- newTag: 'v2'  # a\n  name: paw\n"),
    ('images:\n- name: paw\n  newTag: "1.0"\n', {TAG: "1.1"}, 'images:\n- name: paw\n  newTag: "1.1"\n'),
    ("images:\n- name: paw\n  newTag: v1\n", {TAG: "1.10"}, 'images:\n- name: paw\n  newTag: "1.10"\n'),
    ("images:\n- name: paw\n  newTag: &t v1\n- name: p\n  newTag: *t\n", {TAG: "v2", ("images", Item("p"), "newTag"): "v2"}, "images:\n- name: paw\n  newTag: &t v2\n- name: p\n  newTag: *t\n"),
    ("images:\n- name: paw\n  newTag: v1\n", {("images", Item("paw"), "digest"): "sha256:1", TAG: ABSENT}, 'images:\n- name: paw\n  digest: "sha256:1"\n'),
    ("images: [{name: paw, newTag: v1}]\n", {("images", Item("paw"), "digest"): "sha256:1"}, 'images: [{name: paw, newTag: v1, "digest": "sha256:1"}]\n'),
    ("images: [{newTag: v1, name: paw}]\n", {("images", Item("paw"), "newName"): "q", TAG: ABSENT}, 'images: [{name: paw, "newName": "q"}]\n'),
    ("images:\n- name: paw\n  newTag: v1\n", {("images", Item("dog"), "newTag"): "v3"}, "images:\n- name: paw\n  newTag: v1\n- name: dog\n  newTag: v3\n"),
    ("images:\n# of paw\n- name: paw\n  newTag: v1\n# of dog\n- name: dog\n  newTag: v1\n", {TAG: ABSENT}, "images:\n# of paw\n# of dog\n- name: dog\n  newTag: v1\n"),
    ("a: b\nimages:\n- name: paw\n  newTag: v1\nz: c\n", {TAG: ABSENT}, "a: b\nz: c\n"),
    ("kind: Kustomization\n", {TAG: "v2"}, "images:\n- name: paw\n  newTag: v2\nkind: Kustomization\n"),
    ("configMapGenerator:\n- name: settings\n  literals:\n  - A=1 # a\n  - B=1\n", {LITERAL: "2"}, "configMapGenerator:\n- name: settings\n  literals:\n  - A=2 # a\n  - B=1\n"),
    ("configMapGenerator:\n- name: settings\n  literals: [A=1, B=1]\n", {LITERAL: "2 3"}, "configMapGenerator:\n- name: settings\n  literals: [A=2 3, B=1]\n"),
    ("configMapGenerator:\n- name: settings\n  literals: [B=1]\n", {LITERAL: "2"}, 'configMapGenerator:\n- name: settings\n  literals: [B=1, "A=2"]\n'),
    ("configMapGenerator:\n- name: settings\n  literals:\n  - A=1\n  - B=1\n", {LITERAL: ABSENT}, "configMapGenerator:\n- name: settings\n  literals:\n  - B=1\n"),
    ("images:\n- newTag: v1\n  newName: q\n  name: paw\n", {TAG: ABSENT}, "images:\n- newName: q\n  name: paw\n"),
    (f"resources: # a\n  - '{URL}{OLD}' # b\n", {PIN: NEW}, f"resources: # a\n  - '{URL}{NEW}' # b\n"),
    (f"resources: [ {URL}{OLD} ]\n", {PIN: NEW}, f"resources: [ {URL}{NEW} ]\n"),
]  # fmt: skip


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(("before", "changes", "after"), CASES)
def test_only_the_meant_lines_change(
    before: str, changes: dict[tuple[Any, ...], Any], after: str, ends: str
) -> None:
    assert edited(before.replace("\n", ends), changes) == after.replace("\n", ends)


def test_a_mark_at_the_beginning_of_the_file_stays() -> None:
    assert edited("\ufeffimages: [{name: paw, newTag: v1}]\n", {TAG: "v2"})[0] == "\ufeff"


def test_one_of_two_places_of_an_anchor_is_not_edited_alone() -> None:
    text = "images:\n- name: paw\n  newTag: &t v1\n- name: p\n  newTag: *t\n"
    with pytest.raises(DocumentError, match="anchors"):
        edited(text, {TAG: "v2"})


@pytest.mark.parametrize(
    ("url", "after"),
    [
        ("https://h/o/r//p?ref=a", "https://h/o/r//p?ref=b"),
        ("https://h/o/r//p?timeout=9s&ref=a&depth=1", "https://h/o/r//p?timeout=9s&ref=b&depth=1"),
        ("https://h/o/r//p?version=a", "https://h/o/r//p?version=b"),
        ("https://h/o/r//p?timeout=9s", "https://h/o/r//p?timeout=9s&ref=b"),
        ("https://h/o/r//p", "https://h/o/r//p?ref=b"),
    ],
)
def test_a_url_gets_another_ref_and_stays_as_it_is(url: str, after: str) -> None:
    assert with_ref(url, "b") == after


# What people write: of each value several spellings, between comments and odd spaces.

VALUES = st.sampled_from(
    ["v1", "1.10", "true", "no", "a: b", "x # y", "it's", "ü", "w " * 80 + "w"]
)
COMMENTS = st.sampled_from(["", "  # a comment", " # 'quoted: \"", "   "])
ABOVE = st.sampled_from(["", "# above\n", "\n", "\n  # indented\n\n"])


@dataclass(frozen=True, slots=True)
class Case:
    text: str
    changes: dict[tuple[Any, ...], Any]
    lines: set[int]  # that may change


@st.composite
def cases(draw: Callable[..., Any]) -> Case:
    """An entry and what is changed in it, with the lines on which that stands."""
    lines: list[str] = []
    changes: dict[tuple[Any, ...], Any] = {}
    meant: set[int] = set()

    def line(text: str, steps: tuple[Any, ...] = (), new: Any = None) -> None:
        lines.extend(draw(ABOVE).splitlines())
        lines.append(text + draw(COMMENTS))
        if steps:
            changes[steps] = new
            meant.add(len(lines) - 1)

    def scalar(value: str) -> str:
        ways = [json.dumps(value, ensure_ascii=False), "'" + value.replace("'", "''") + "'"]
        if value in ("v1", "ü", "it's"):
            ways.append(value)
        return str(draw(st.sampled_from(ways)))

    def wanted() -> bool:
        return bool(draw(st.booleans()))

    pad = draw(st.sampled_from(["", "  "]))
    parts = draw(st.permutations(["images", "parameters", "others"]))
    tag = draw(st.sampled_from(["", "&tag "]))
    for part in parts:
        if part == "images":
            line("images:")
            for name in draw(st.lists(st.sampled_from("abcd"), min_size=1, unique=True)):
                steps = ("images", Item(name), "newTag")
                old, new = draw(VALUES), draw(VALUES)
                chosen = steps if wanted() and old != new else ()
                if wanted():
                    line(f"{pad}- {{name: {name}, newTag: {scalar(old)}}}", chosen, new)
                else:
                    line(f"{pad}- name: {name}")
                    line(f"{pad}  newTag: {tag}{scalar(old)}", chosen, new)
                    tag = ""
        elif part == "parameters":
            line("configMapGenerator:")
            line(f"{pad}-   name: settings")
            line(f"{pad}    behavior: merge")
            line(f"{pad}    literals:")
            for key in draw(st.lists(st.sampled_from("ABCD"), min_size=1, unique=True)):
                old, new = draw(VALUES), draw(VALUES)
                literal = ("configMapGenerator", Item("settings"), "literals", Item(key))
                picked = literal if wanted() and old != new else ()
                line(f"{pad}    - {scalar(f'{key}={old}')}", picked, new)
        else:
            line("replicas: [{name: paw, count: 3}]")
            line("labels:")
            line(f"{pad}- pairs: &pairs {{team: 'blue', 'tier': \"1\"}}")
            line(f"{pad}- {{pairs: *pairs, includeSelectors: false}}")
    end = draw(st.sampled_from(["\n", ""]))
    breaks = draw(st.sampled_from(["\n", "\r\n"]))
    first = "resources: [../../../overlays/paw]"
    text = breaks.join([*lines, first]) + (breaks if end else "")
    return Case(text, changes, meant)


BASE = {
    "overlays/paw/kustomization.yaml": (
        b"resources: [pod.yaml]\nconfigMapGenerator: [{name: settings, literals: [Z=0]}]\n"
    ),
    "overlays/paw/pod.yaml": (
        b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: paw}\n"
        b"spec: {template: {spec: {containers: [{name: a, image: a:0}, {name: b, image: b:0}, "
        b"{name: c, image: c:0}, {name: d, image: d:0}]}}}\n"
    ),
}


def planned(text: str, changes: dict[tuple[Any, ...], Any]) -> bytes:
    """The same entry with the new values, written anew by a program without any care."""
    value = copy.deepcopy(yaml.safe_load(text))
    for steps, new in changes.items():
        if steps[0] == "images":
            item = next(i for i in value["images"] if i["name"] == steps[1].name)
            item["newTag"] = new
        else:
            literals = value["configMapGenerator"][0]["literals"]
            key = steps[-1].name
            position = next(i for i, x in enumerate(literals) if x.startswith(f"{key}="))
            literals[position] = f"{key}={new}"
    found: bytes = yaml.safe_dump(value, encoding="utf-8", sort_keys=False)
    return found


@settings(
    max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(case=cases())
def test_any_entry_keeps_its_other_lines_and_renders_as_planned(case: Case, kernel: Kernel) -> None:
    after = edited(case.text, case.changes)
    old, new = case.text.splitlines(keepends=True), after.splitlines(keepends=True)
    assert len(old) == len(new)
    different = {i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b}
    assert different == case.lines
    for i in different:
        assert _tail(old[i]) == _tail(new[i])
    renderer = Renderer(kernel=kernel)
    results = [
        renderer.render_all(EditedTree(MemoryTree(BASE), {FILE: text}), [FILE.rpartition("/")[0]])
        for text in (after.encode(), planned(case.text, case.changes))
    ]
    (first,), (second,) = results
    assert (first.error, second.error) == (None, None)
    assert first.manifest == second.manifest


def _tail(line: str) -> str:
    """The comment at the end, of those that the cases have, and the line break."""
    for comment in ("  # a comment", " # 'quoted: \""):
        if line.rstrip("\r\n").endswith(comment):
            return line[line.rindex(comment) :]
    return line[len(line.rstrip()) :]
