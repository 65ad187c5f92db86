"""How objects are, by what is written of them: a case each."""

from __future__ import annotations

import pytest

from reconciler.cluster.status.rules import RULES, WITHOUT_STATUS, status_of_object
from tests.cluster.status.cases import ANY_OTHER, Case, cases

TABLE = cases()


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        pytest.param(kind, case, id=f"{kind}: {case.when}")
        for kinds, some in TABLE.items()
        for kind in kinds
        for case in some
    ],
)
def test_an_object_is_as_its_controller_says(kind: str, case: Case) -> None:
    found = status_of_object(case.of(kind))
    assert found.state == case.is_
    assert case.why in found.reason


def test_every_rule_has_its_cases() -> None:
    assert {kind for kinds in TABLE for kind in kinds} == {kind for _, kind in RULES} | {ANY_OTHER}


@pytest.mark.parametrize(("group", "kind"), sorted(WITHOUT_STATUS))
def test_of_some_kinds_nothing_is_ever_written(group: str, kind: str) -> None:
    status = {"conditions": [{"type": "Ready", "status": "False"}]}
    version = f"{group}/v1" if group else "v1"
    found = status_of_object({"apiVersion": version, "kind": kind, "status": status})
    assert found.state == "healthy"
