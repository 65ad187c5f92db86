"""A comment on a pull request: short enough, and nothing in it but text."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.compare.app_differences import AppDifference, FolderPair
from reconciler.compare.markdown_report import MIN_CHARACTERS, markdown
from reconciler.compare.object_lists import compare
from reconciler.compare.report import ComparisonReport, NewCertificate, Side
from reconciler.kubernetes.structure import Structure


def config(**data: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}


def report(
    structure: Structure, paths: list[str], *values: str, name: str = "a"
) -> ComparisonReport:
    after = config(**{f"k{i}": value for i, value in enumerate(values)})
    new = {"apiVersion": "v1", "kind": f"New{name}", "metadata": {"name": name}}
    found = compare([config()], [after, new], structure)
    apps = tuple(AppDifference(FolderPair(path, path), found) for path in paths)
    return ComparisonReport(Side("main"), Side("HEAD"), 1000, apps)


HOSTILE = st.text(st.sampled_from("`~<>&*_[]()|#\n- @a\u202e\x1b"), max_size=40)


@given(HOSTILE, st.lists(HOSTILE, max_size=3, unique=True))
def test_values_and_names_are_never_more_than_text(
    structure: Structure, value: str, paths: list[str]
) -> None:
    text = markdown(report(structure, paths, value, name=value))
    outside = re.sub(r"^(`{3,})diff\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    tags = re.findall(r"<[^>]*>", outside)
    assert set(tags) <= {
        "<code>",
        "</code>",
        "<details>",
        "</details>",
        "<summary>",
        "</summary>",
    }
    assert "`" not in outside
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("<details>") >= len(paths)


@given(st.integers(0, 60), st.integers(0, 400), st.integers(MIN_CHARACTERS, 5000))
def test_a_comment_is_never_longer_than_its_limit(
    structure: Structure, apps: int, lines: int, limit: int
) -> None:
    paths = [f"environments/prod/app-{number}" for number in range(apps)]
    text = markdown(report(structure, paths, "x\n" * lines), limit)
    assert len(text) <= limit
    assert text.count("<details>") == text.count("</details>")


def test_what_has_no_room_is_named_and_counted(structure: Structure) -> None:
    paths = [f"environments/prod/app-{number}" for number in range(60)]
    text = markdown(report(structure, paths, *["x" * 80] * 20), 4000)
    assert re.search(r"^\d+ more differ, for which there is no room here:$", text, re.MULTILINE)
    assert "<code>environments/prod/app-2</code> &#43;1 &#126;1 -0" in text
    assert re.search(r"^- and \d+ more$", text, re.MULTILINE)


def test_of_an_app_that_is_too_long_the_beginning_is_shown(structure: Structure) -> None:
    values = ["x" * 80] * 100
    text = markdown(report(structure, ["a"], *values), 3000)
    assert re.search(r"^… \d+ lines more$", text, re.MULTILINE)
    assert "data.k0" in text


@given(st.integers(0, 9), st.integers(0, 9), st.integers(MIN_CHARACTERS, 3000), HOSTILE)
def test_new_certificates_come_first_and_keep_the_limit(
    structure: Structure, count: int, apps: int, limit: int, text: str
) -> None:
    new = [NewCertificate(f"{text}{n}", f"{text}.pem", why=text * (n % 2)) for n in range(count)]
    paths = [f"environments/prod/app-{number}" for number in range(apps)]
    said = markdown(replace(report(structure, paths, "x"), certificates=tuple(new)), limit)
    assert len(said) <= limit
    assert not count or "certificate" in said
    assert "`" not in said.partition("<details>")[0]
