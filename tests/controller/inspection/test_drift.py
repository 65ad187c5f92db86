"""What is drift, and what becomes of it, decided from what a server says: nobody is asked."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.cluster.conflict_rules import DEFAULT_RULES, ConflictRule
from reconciler.cluster.conflicts import FieldConflict
from reconciler.controller.inspection.drift import TwoSides, field_drifts, foreign_owners
from reconciler.kubernetes.masking import Mask

OURS = "reconciler/prod.shop"
GIT = {"spec": {"replicas": 1, "image": "web:1"}}
LIVE = {"spec": {"replicas": 3}}


def owner(manager: str, fields: dict[str, Any], operation: str = "Update") -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "time": "t", "fieldsV1": fields}


def spec(*names: str) -> dict[str, Any]:
    return {"f:spec": {f"f:{name}": {} for name in names}}


def sides(manager: str, *, is_veiled: bool = False) -> TwoSides:
    """The image was removed, and the manager wrote the replicas."""
    return TwoSides(
        GIT,
        Mask().object(LIVE),
        Mask().object(GIT),
        {"managedFields": [owner(OURS, {}, "Apply"), owner(manager, spec("replicas"))]},
        {"managedFields": [owner(OURS, spec("replicas", "image"), "Apply")]},
        (FieldConflict(".spec.replicas", manager, ""),),
        is_veiled,
    )


@pytest.mark.parametrize(
    ("manager", "reports", "replicas", "image"),
    [
        ("kubectl-edit", False, "corrected kubectl*: take", "corrected reconcile.drift: correct"),
        (
            "kube-controller-manager",
            False,
            "left kube-controller-manager spec.replicas: leave",
            "corrected reconcile.drift: correct",
        ),
        ("operator", False, "refused *: refuse", "refused *: refuse"),
        ("keeper", True, "left keeper: leave", "reported reconcile.drift: report"),
        ("operator", True, *["reported reconcile.drift: report"] * 2),
        (
            "reconciler/prod.other",
            False,
            "refused reconciler/*: refuse",
            "refused reconciler/*: refuse",
        ),
    ],
)
def test_a_rule_decides_what_becomes_of_a_field(
    manager: str, reports: bool, replicas: str, image: str
) -> None:
    rules = (ConflictRule("keeper", "*", "leave"), *DEFAULT_RULES)
    found = {f.field: f for f in field_drifts(sides(manager), OURS, rules, reports=reports)}
    assert {name: f"{f.action} {f.rule}" for name, f in found.items()} == {
        "spec.replicas": replicas,
        "spec.image": image,
    }
    assert (found["spec.replicas"].manager, found["spec.image"].manager) == (manager, "")


def test_of_a_secret_no_value_is_looked_at() -> None:
    found = [*field_drifts(sides("kubectl", is_veiled=True), OURS, DEFAULT_RULES, reports=False)]
    assert {f.field: (str(f.git), str(f.cluster)) for f in found} == {
        "spec.image": ("(hidden)", "Absent.ABSENT"),
        "spec.replicas": ("(hidden)", "(hidden)"),
    }


@pytest.mark.parametrize(
    ("other", "foreign"),
    [
        (owner("kubectl-edit", spec("paused")), [".spec.paused"]),
        (owner("kubectl", spec("paused"), "Apply"), [".spec.paused"]),
        (owner("kubectl-edit", spec("replicas")), []),
        (owner("kube-controller-manager", spec("paused")), []),
        (owner("cert-manager-cainjector", spec("paused")), []),
        ({**owner("operator", spec("paused")), "subresource": "status"}, []),
        ({**owner("kubectl", spec("paused")), "subresource": "scale"}, [".spec.paused"]),
        (owner("operator", {"f:metadata": {"f:labels": {"f:a": {}}}}), []),
        (
            owner("kubectl-edit", {"f:spec": {'k:{"name":"x"}': {".": {}, "f:image": {}}}}),
            ['.spec[name="x"]'],
        ),
        (owner("kubectl-edit", {"f:spec": {".": {}, "f:paused": {}}}), [".spec.paused"]),
    ],
)
def test_fields_beside_ours_are_foreign(other: dict[str, Any], foreign: list[str]) -> None:
    metadata = {"managedFields": [owner(OURS, spec("replicas"), "Apply"), other]}
    assert [path for path, _ in foreign_owners(metadata, OURS)] == foreign
