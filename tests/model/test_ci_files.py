"""What init writes for CI is what the documentation shows, and pins what we pin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from reconciler.model.ci_files import CI_FILES, CiSystem

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/check-in-ci.md").read_text()
ACTION = re.compile(r"uses: (\S+@[0-9a-f]{40} # v\S+)")


@pytest.mark.parametrize("system", CiSystem)
def test_the_page_shows_what_is_written(system: CiSystem) -> None:
    path, text = CI_FILES[system]
    assert f"`{path}`" in PAGE
    assert f"```yaml\n{text}```\n" in PAGE


@pytest.mark.parametrize("system", CiSystem)
def test_it_checks_and_compares(system: CiSystem) -> None:
    text = CI_FILES[system][1]
    assert yaml.safe_load(text)
    assert "reconciler check" in text
    assert "reconciler diff --from" in text


def test_actions_are_pinned_as_our_own_workflows_pin_them() -> None:
    ours = {
        found
        for file in (ROOT / ".github/workflows").glob("*.yml")
        for found in ACTION.findall(file.read_text())
    }
    text = CI_FILES[CiSystem.github][1]
    used = ACTION.findall(text)
    assert len(used) == text.count("uses:")
    assert set(used) <= ours
