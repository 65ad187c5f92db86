"""The comment on a pull request: each environment in a line, and found again by its mark."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.compare.app_differences import AppDifference, FolderPair
from reconciler.compare.pull_request_comment import MARK, MIN_COMMENT_CHARACTERS, comment
from reconciler.compare.report import ComparisonReport, Side
from reconciler.errors import RenderError, UsageError
from reconciler.kubernetes.structure import Structure
from tests.compare.test_markdown_report import HOSTILE, report
from tests.entries import entry_of

URL = "https://git.example.org/fleet/reconciler/actions/runs/1/artifacts/2"


def test_each_environment_has_a_line_and_its_apps_unfold(structure: Structure) -> None:
    paths = ["environments/dev/a", "environments/dev/b", "environments/prod/a", "overlays/a"]
    text = comment(report(structure, paths, "new"), entry_of, 60_000, URL)
    assert text.startswith(f"{MARK}\n### What this would change\n\n| environment | apps |")
    assert "| <code>dev</code> | 2 | <code>&#43;2 &#126;2 -0</code> |\n" in text
    assert "| <code>prod</code> | 1 | <code>&#43;1 &#126;1 -0</code> |\n" in text
    assert "| <code>outside of environments</code> | 1 |" in text
    assert text.count("<details>") == 4
    assert text.endswith(f"\n[The whole difference]({URL})\n")


def test_an_app_that_does_not_render_is_counted_in_its_line(structure: Structure) -> None:
    app = AppDifference(
        FolderPair("environments/dev/a", "environments/dev/a"), failed_after=RenderError("x")
    )
    text = comment(ComparisonReport(Side("a"), Side("b"), 1, (app,)), entry_of, 60_000)
    assert "| <code>dev</code> | 1, of which 1 does not render |" in text


def test_no_change_is_said_too() -> None:
    text = comment(ComparisonReport(Side("a"), Side("b"), 6, ()), entry_of, 60_000)
    assert text.startswith(MARK)
    assert "**No rendered change** in 6 apps" in text
    assert "|" not in text


@given(st.lists(HOSTILE.filter(lambda t: "/" not in t and t), max_size=3, unique=True))
def test_names_are_never_more_than_text(structure: Structure, names: list[str]) -> None:
    paths = [f"environments/{name}/a" for name in names]
    text = comment(report(structure, paths, "v"), entry_of, 60_000).removeprefix(MARK)
    table = text.partition("**")[0]
    assert set(re.findall(r"<[^>]*>", table)) <= {"<code>", "</code>"}
    assert table.count("|") <= 4 * (len(names) + 2) + 4


@given(st.integers(0, 60), st.integers(0, 400), st.integers(MIN_COMMENT_CHARACTERS, 5000))
def test_a_comment_is_never_longer_than_its_limit(
    structure: Structure, apps: int, lines: int, limit: int
) -> None:
    paths = [f"environments/prod-{number}/app" for number in range(apps)]
    assert len(comment(report(structure, paths, "x\n" * lines), entry_of, limit, URL)) <= limit


@pytest.mark.parametrize(
    "url", ["javascript:x", "https://a b", "https://a)](x", "h", "https://" + "a" * 999]
)
def test_what_is_no_address_is_not_linked_to(structure: Structure, url: str) -> None:
    with pytest.raises(UsageError):
        comment(report(structure, [], "v"), entry_of, 60_000, url)
    with pytest.raises(UsageError):
        comment(report(structure, [], "v"), entry_of, MIN_COMMENT_CHARACTERS - 1)
