"""The edit of an entry touches the lines that it means, and renders as planned."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.errors import FleetError
from reconciler.git.repository import Repository
from reconciler.promotion.plan.as_text import step_lines
from reconciler.promotion.plan.entry_edit import edited_entry, with_ref
from reconciler.promotion.plan.entry_fields import EntryField, FieldAddress, read_fields
from reconciler.promotion.plan.field_decisions import ABSENT, Decision, FieldDecision
from reconciler.promotion.plan.plan import Plan, PromotionStep, StepState
from reconciler.promotion.report.collapsed_diff import difference_lines
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.trees.commit import commit_tree
from reconciler.trees.edited import EditedTree
from reconciler.trees.pins import Pins
from reconciler.trees.tree import Tree
from reconciler.yaml.nodes import LOADER
from tests.conftest import Repo
from tests.entries import entry_at_home

FILE = "environments/prod/paw/kustomization.yaml"
REPOSITORY = "https://git.example.org/fleet/apps"
URL = f"{REPOSITORY}//overlays/paw/prod?ref="
PIN = ("resources", EntryField("overlays/paw/prod"), "ref")
OLD, NEW = "1" * 40, "2" * 40

TAG = ("images", EntryField("paw"), "newTag")
LITERAL = ("configMapGenerator", EntryField("settings"), "literals", EntryField("A"))


def edited(text: str, changes: dict[tuple[Any, ...], Any]) -> str:
    content = text.encode()
    fields = read_fields(content, FILE)
    decisions = [
        Decision(FieldAddress(steps), FieldDecision.promoted, new, None, "")
        for steps, new in changes.items()
    ]
    return edited_entry(FILE, content, fields, decisions).after.decode()


CASES = [
    ("images: [{name: paw, newTag: v1}] # a\n", {TAG: "v2"}, "images: [{name: paw, newTag: v2}] # a\n"),
    ("images:\n- newTag: 'v1'  # a\n  name: paw\n", {TAG: "v2"}, "images:\n- newTag: 'v2'  # a\n  name: paw\n"),
    ('images:\n- name: paw\n  newTag: "1.0"\n', {TAG: "1.1"}, 'images:\n- name: paw\n  newTag: "1.1"\n'),
    ("images:\n- name: paw\n  newTag: v1\n", {TAG: "1.10"}, 'images:\n- name: paw\n  newTag: "1.10"\n'),
    ("images:\n- name: paw\n  newTag: &t v1\n- name: p\n  newTag: *t\n", {TAG: "v2", ("images", EntryField("p"), "newTag"): "v2"}, "images:\n- name: paw\n  newTag: &t v2\n- name: p\n  newTag: *t\n"),
    ("images:\n- name: paw\n  newTag: v1\n", {("images", EntryField("paw"), "digest"): "sha256:1", TAG: ABSENT}, 'images:\n- name: paw\n  digest: "sha256:1"\n'),
    ("images: [{name: paw, newTag: v1}]\n", {("images", EntryField("paw"), "digest"): "sha256:1"}, 'images: [{name: paw, newTag: v1, "digest": "sha256:1"}]\n'),
    ("images: [{newTag: v1, name: paw}]\n", {("images", EntryField("paw"), "newName"): "q", TAG: ABSENT}, 'images: [{name: paw, "newName": "q"}]\n'),
    ("images:\n- name: paw\n  newTag: v1\n", {("images", EntryField("dog"), "newTag"): "v3"}, "images:\n- name: paw\n  newTag: v1\n- name: dog\n  newTag: v3\n"),
    ("images:\n# of paw\n- name: paw\n  newTag: v1\n# of dog\n- name: dog\n  newTag: v1\n", {TAG: ABSENT}, "images:\n# of paw\n# of dog\n- name: dog\n  newTag: v1\n"),
    ("a: b\nimages:\n- name: paw\n  newTag: v1\nz: c\n", {TAG: ABSENT}, "a: b\nz: c\n"),
    ("kind: Kustomization\n", {TAG: "v2"}, "images:\n- name: paw\n  newTag: v2\nkind: Kustomization\n"),
    ("configMapGenerator:\n- name: settings\n  literals:\n  - A=1 # a\n  - B=1\n", {LITERAL: "2"}, "configMapGenerator:\n- name: settings\n  literals:\n  - A=2 # a\n  - B=1\n"),
    ("configMapGenerator:\n- name: settings\n  literals: [A=1, B=1]\n", {LITERAL: "2 3"}, "configMapGenerator:\n- name: settings\n  literals: [A=2 3, B=1]\n"),
    ("configMapGenerator:\n- name: settings\n  literals: [B=1]\n", {LITERAL: "2"}, 'configMapGenerator:\n- name: settings\n  literals: [B=1, "A=2"]\n'),
    ("configMapGenerator:\n- name: settings\n  literals:\n  - A=1\n  - B=1\n", {LITERAL: ABSENT}, "configMapGenerator:\n- name: settings\n  literals:\n  - B=1\n"),
    ("images:\n- newTag: v1\n  newName: q\n  name: paw\n", {TAG: ABSENT}, "images:\n- newName: q\n  name: paw\n"),
    (f"resources: # a\n  - '{URL}{OLD}' # b\n", {PIN: NEW}, f"resources: # a\n  - '{URL}{NEW}' # b\n"),
    (f'resources: [ "{URL}{OLD}" ]\n', {PIN: NEW}, f'resources: [ "{URL}{NEW}" ]\n'),
    ("configMapGenerator: [{name: settings, literals: [A=1]}]\n", {LITERAL: "x?y"}, 'configMapGenerator: [{name: settings, literals: ["A=x?y"]}]\n'),
]  # fmt: skip


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(("before", "changes", "after"), CASES)
def test_only_the_meant_lines_change(
    before: str, changes: dict[tuple[Any, ...], Any], after: str, ends: str
) -> None:
    assert edited(before.replace("\n", ends), changes) == after.replace("\n", ends)


def test_a_mark_at_the_beginning_of_the_file_stays() -> None:
    assert edited("\ufeffimages: [{name: paw, newTag: v1}]\n", {TAG: "v2"})[0] == "\ufeff"


def test_one_of_two_places_of_an_anchor_is_edited_alone() -> None:
    text = "images:\n- name: paw\n  newTag: &t v1\n- name: p\n  newTag: *t\n"
    after = "images:\n- name: paw\n  newTag: &t v2\n- name: p\n  newTag: v1\n"
    assert edited(text, {TAG: "v2"}) == after


def test_an_entry_that_was_written_again_says_so() -> None:
    text = b"images:\n- name: paw\n  newTag: &t v1\n- name: p\n  newTag: *t\n"
    decision = Decision(FieldAddress(TAG), FieldDecision.promoted, "v2", "v1", "")
    edit = edited_entry(FILE, text, read_fields(text, FILE), [decision])
    assert edit.rewritten
    step = PromotionStep(
        entry_at_home("prod", "paw"), StepState.due, decisions=(decision,), edit=edit
    )
    plan = Plan("stage", "prod", "b", "1" * 40, (step,))
    said = f"the whole document is written again: {FILE}; comments are kept, layout may differ"
    assert said in "\n".join(map(str, step_lines(plan, step, explain=False)))
    assert said in "\n".join(difference_lines(plan, step))


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


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (
            "images: [&paw {name: paw, newTag: v1}]\nx: *paw\n",
            "images: [&paw {name: paw, newTag: v2}]\nx: {name: paw, newTag: v1}\n",
        ),
        (
            "images:\n- &paw\n  name: paw\n  newTag: v1\n- <<: *paw\n  name: dog\n",
            "images:\n- &paw\n  name: paw\n  newTag: v2\n"
            "- <<:\n    name: paw\n    newTag: v1\n  name: dog\n",
        ),
    ],
)
def test_what_stands_in_two_places_changes_in_one(text: str, after: str) -> None:
    assert edited(text, {TAG: "v2"}) == after


def test_several_documents_in_one_entry_are_refused() -> None:
    with pytest.raises(FleetError, match="a kustomization is one document"):
        edited("images: [{name: paw, newTag: v1}]\n---\nx: y\n", {TAG: "v2"})


# What people write: of each value several spellings, between comments and odd spaces.

LONG = "w " * 80 + "w"
VALUES = st.sampled_from(
    [
        "v1",
        "1.10",
        "007",
        "true",
        "no",
        "~",
        "a: b",
        "x # y",
        "it's",
        'a "b"',
        "ü",
        "-x",
        "x?y",
        LONG,
    ]
)
PLAIN = ("v1", "ü", "it's", "-x", LONG)  # these need no quotes
COMMENTS = st.sampled_from(["", "  # a comment", " # 'quoted: \"", "   "])
ABOVE = st.sampled_from(["", "# above\n", "\n", "\n  # indented\n\n"])
EXAMPLES = int(os.environ.get("RECONCILER_FUZZ", "100"))


@dataclass(slots=True)
class Case:
    """An entry and what is changed in it: on which lines, and how many come and go."""

    lines: list[str] = field(default_factory=list)
    changes: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    added: int = 0
    breaks: str = "\n"
    end: str = "\n"
    mark: str = ""

    @property
    def text(self) -> str:
        return self.mark + self.breaks.join(self.lines) + self.end


class Writer:
    """Writes an entry as somebody might have."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw
        self.case = Case()
        self.pad = draw(st.sampled_from(["", "  "]))
        self.dash = draw(st.sampled_from(["- ", "-   "]))
        self.anchor = draw(st.sampled_from(["", "&tag "]))

    def line(self, text: str, *chosen: tuple[tuple[Any, ...], Any]) -> None:
        case = self.case
        case.lines += self.draw(ABOVE).splitlines()
        case.lines.append(text + self.draw(COMMENTS))
        case.changes |= dict(chosen)
        if chosen:
            case.touched.add(len(case.lines) - 1)

    def wanted(self) -> bool:
        return bool(self.draw(st.booleans()))

    def scalar(self, value: str) -> str:
        ways = [
            json.dumps(value, ensure_ascii=False),
            json.dumps(value),
            "'" + value.replace("'", "''") + "'",
        ]
        if value in PLAIN:
            ways.append(value)
        return str(self.draw(st.sampled_from(ways)))

    def change(self, *steps: Any) -> tuple[str, list[tuple[tuple[Any, ...], Any]]]:
        """A value that is there, and perhaps another one that is wanted."""
        old, new = self.draw(VALUES), self.draw(VALUES)
        return old, [(steps, new)] if self.wanted() and old != new else []

    def images(self) -> None:
        names = self.draw(st.lists(st.sampled_from("abcd"), min_size=1, unique=True))
        if self.draw(st.integers(0, 3)) == 0:  # all on one line
            parts = {name: self.change("images", EntryField(name), "newTag") for name in names}
            items = (f"{{name: {n}, newTag: {self.scalar(old)}}}" for n, (old, _) in parts.items())
            self.line(
                f"images: [ {' , '.join(items)} ]",
                *(one for _, chosen in parts.values() for one in chosen),
            )
            return
        self.line("images:")
        for name in names:
            old, chosen = self.change("images", EntryField(name), "newTag")
            if self.wanted():
                self.line(
                    f"{self.pad}{self.dash}{{name: {name}, newTag: {self.scalar(old)}}}", *chosen
                )
                continue
            indent = self.pad + " " * len(self.dash)
            tag = f"newTag: {self.anchor}{self.scalar(old)}"
            first, second = (f"name: {name}", tag) if self.wanted() else (tag, f"name: {name}")
            self.line(f"{self.pad}{self.dash}{first}", *(chosen if first == tag else ()))
            self.line(f"{indent}{second}", *(chosen if second == tag else ()))
            self.anchor = ""

    def parameters(self) -> None:
        above = ("configMapGenerator", EntryField("settings"), "literals")
        self.line("configMapGenerator:")
        indent = self.pad + " " * len(self.dash)
        self.line(f"{self.pad}{self.dash}name: settings")
        self.line(f"{indent}behavior: merge")
        self.line(f"{indent}literals:")
        keys = self.draw(st.lists(st.sampled_from("ABCD"), min_size=1, unique=True))
        for number, key in enumerate(keys):
            old, chosen = self.change(*above, EntryField(key))
            if number and not chosen and self.draw(st.integers(0, 3)) == 0:
                self.line(f"{indent}- {self.scalar(f'{key}={old}')}")
                self.case.changes[(*above, EntryField(key))] = ABSENT
                self.case.gone.add(len(self.case.lines) - 1)
            elif " " in old and '"' not in old and self.wanted():  # folded in two
                head, _, tail = old.partition(" ")
                self.case.lines += [f'{indent}- "{key}={head}', f'{indent}   {tail}"']
                self.case.changes |= dict(chosen)
                if chosen:
                    count = len(self.case.lines)
                    self.case.touched.add(count - 2)
                    self.case.gone.add(count - 1)
            else:
                self.line(f"{indent}- {self.scalar(f'{key}={old}')}", *chosen)
        if self.draw(st.integers(0, 3)) == 0:
            self.case.changes[(*above, EntryField("E"))] = self.draw(VALUES)
            self.case.added += 1

    def others(self) -> None:
        self.line("replicas: [{name: paw, count: 3}]")
        self.line("labels:")
        self.line(f"{self.pad}- pairs: &pairs {{team: 'blue', 'tier': \"1\"}}")
        self.line(f"{self.pad}- {{pairs: *pairs, includeSelectors: false}}")

    def resources(self) -> None:
        chosen = [(PIN, NEW)] if self.wanted() else []
        url = self.draw(st.sampled_from(["'{}'", '"{}"', "{}"])).format(URL + OLD)
        if self.wanted() and not url.startswith("h"):  # a ? between brackets wants quotes
            self.line(f"resources: [{url}]", *chosen)
        else:
            self.line("resources:")
            self.line(f"{self.pad}{self.dash}{url}", *chosen)


@st.composite
def cases(draw: Callable[..., Any]) -> Case:
    writer = Writer(draw)
    parts = [writer.images, writer.parameters, writer.others, writer.resources]
    for write in draw(st.permutations(parts)):
        write()
    case = writer.case
    case.breaks = draw(st.sampled_from(["\n", "\r\n"]))
    case.end = draw(st.sampled_from([case.breaks, ""]))
    case.mark = draw(st.sampled_from(["", "\ufeff"]))
    return case


def planned(text: str, changes: dict[tuple[Any, ...], Any]) -> bytes:
    """The same entry with the new values, written anew by a program without any care."""
    value = yaml.load(text, LOADER)
    for steps, new in changes.items():
        if steps == PIN:
            value["resources"] = [URL + new]
        elif steps[0] == "images":
            item = next(i for i in value["images"] if i["name"] == steps[1].name)
            item["newTag"] = new
        else:
            generator = value["configMapGenerator"][0]
            others = [x for x in generator["literals"] if not x.startswith(f"{steps[-1].name}=")]
            generator["literals"] = others + ([f"{steps[-1].name}={new}"] if new != ABSENT else [])
    found: bytes = yaml.safe_dump(value, encoding="utf-8", sort_keys=False)
    return found


POD = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: paw}}\n"
    "spec: {{minReadySeconds: {}, template: {{spec: {{containers: [{{name: a, image: a:0}}, "
    "{{name: b, image: b:0}}, {{name: c, image: c:0}}, {{name: d, image: d:0}}]}}}}}}\n"
)
OVERLAY = {
    "overlays/paw/prod/kustomization.yaml": (
        "resources: [pod.yaml]\nconfigMapGenerator: [{name: settings, literals: [Z=0]}]\n"
    ),
}


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tree, str, str]:
    """Two commits of an overlay, and the tree that has both."""
    repo = Repo(tmp_path_factory.mktemp("releases") / "repo")
    first, second = (
        repo.commit({**OVERLAY, "overlays/paw/prod/pod.yaml": POD.format(n)}) for n in (1, 2)
    )
    tree = commit_tree(Repository(str(repo.path)), "HEAD")
    tree.pins = Pins(str(repo.path), lambda: ([REPOSITORY], []))
    return tree, first, second


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(case=cases())
def test_any_entry_keeps_its_other_lines_and_renders_as_planned(
    case: Case, kernel: Kernel, releases: tuple[Tree, str, str]
) -> None:
    """RECONCILER_FUZZ=1000 tries that many."""
    after = edited(case.text, case.changes)
    old, new = case.text.splitlines(keepends=True), after.splitlines(keepends=True)
    assert len(new) == len(old) - len(case.gone) + case.added
    rest = iter(new)
    for i, line in enumerate(old):
        if i not in case.touched | case.gone:
            assert _ended(line) in map(_ended, rest), f"line {i + 1} changed, or moved"
    if not case.gone and not case.added:
        different = {i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b}
        assert different == case.touched
        for i in different:
            assert _tail(old[i]) == _tail(new[i])
    assert all(line.endswith(case.breaks) for line in new[:-1])
    tree, first, second = releases
    texts = (
        text.replace(OLD.encode(), first.encode()).replace(NEW.encode(), second.encode())
        for text in (after.encode(), planned(case.text, case.changes))
    )
    folder = FILE.rpartition("/")[0]
    with Renderer(kernel=kernel) as renderer:
        results = [renderer.render(EditedTree(tree, {FILE: text}), folder) for text in texts]
    assert results[0].manifest == results[1].manifest


def _ended(line: str) -> str:
    """The last line may get a line break when another one follows it."""
    return line.rstrip("\r\n")


def _tail(line: str) -> str:
    """The comment at the end, of those that the cases have, and the line break."""
    for comment in ("  # a comment", " # 'quoted: \""):
        if line.rstrip("\r\n").endswith(comment):
            return line[line.rindex(comment) :]
    return line[len(line.rstrip()) :]
