"""The guards in policies/: bound, named after their folder, and shown to pass and to fail."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fleets.conftest import ROOT, Objects

GUARDS = sorted(p for p in (ROOT / "policies").iterdir() if p.is_dir())


def test_what_a_cluster_enforces_is_every_guard_and_its_binding(
    rendered: Callable[[str], Objects],
) -> None:
    objects = rendered("policies")
    policies = [o for o in objects if o["kind"] == "ValidatingAdmissionPolicy"]
    bindings = [o for o in objects if o["kind"] == "ValidatingAdmissionPolicyBinding"]
    names = [guard.name for guard in GUARDS]
    assert sorted(o["metadata"]["name"] for o in policies) == names
    assert sorted(o["spec"]["policyName"] for o in bindings) == names
    assert len(objects) == 2 * len(names)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda g: g.name)
def test_a_guard_has_cases_that_pass_and_cases_that_fail(guard: Path) -> None:
    cases = {case.stem: case.read_text() for case in (guard / "cases").glob("*.yaml")}
    expecting = {name for name, text in cases.items() if re.search("^# expects: .", text, re.M)}
    assert expecting == {name for name in cases if name.startswith("fails-")}
    assert {name.partition("-")[0] for name in cases} == {"passes", "fails"}
