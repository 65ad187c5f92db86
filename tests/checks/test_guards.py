"""The guards of this repository say of their cases what these expect."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.checks.conftest import JudgeOne

POLICIES = Path(__file__).parents[2] / "policies"
CASES = sorted(POLICIES.glob("*/cases/*.yaml"))


def test_there_are_guards() -> None:
    assert len({case.parent for case in CASES}) >= 8


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.parents[1].name}/{c.stem}")
def test_a_case_passes_or_fails_as_it_says(case: Path, judge_one: JudgeOne) -> None:
    guard = case.parents[1] / "policy.yaml"
    found = judge_one(case.read_text(), {"policies/guard.yaml": guard.read_text()})
    said = [f.what for f in found if f.rule.startswith("policy/")]
    expected = re.findall(r"^# expects: (.*)$", case.read_text(), re.MULTILINE)
    assert bool(said) is case.stem.startswith("fails-")
    assert all(any(what.startswith(e) for what in said) for e in expected)
