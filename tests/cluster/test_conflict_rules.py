"""Whose fields are left, taken or refused."""

from __future__ import annotations

import pytest

from reconciler.cluster.conflict_rules import DEFAULT_RULES, ConflictRule, IgnoredFields, rule_for
from reconciler.cluster.conflicts import FieldConflict

BODY = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "annotations": {"a/b.c": "1"}},
    "spec": {
        "replicas": 1,
        "template": {"spec": {"containers": [{"name": "log"}, {"name": "web", "image": "web:1"}]}},
    },
}
IMAGE = '.spec.template.spec.containers[name="web"].image'


def ignored(*pointers: str, **others: object) -> IgnoredFields:
    return IgnoredFields(**{"group": "apps", "kind": "Deployment", "pointers": pointers} | others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "field", "manager", "do"),
    [
        (ignored("/spec/replicas"), ".spec.replicas", "operator", "leave"),
        (ignored("/spec"), ".spec.replicas", "operator", "leave"),
        (ignored("/spec/repl"), ".spec.replicas", "operator", "refuse"),
        (ignored("/spec/template/spec/containers/1/image"), IMAGE, "operator", "leave"),
        (ignored("/spec/template/spec/containers/0/image"), IMAGE, "operator", "refuse"),
        (ignored("/metadata/annotations/a~1b.c"), ".metadata.annotations.a/b.c", "x", "leave"),
        (ignored(managers=("operator",)), IMAGE, "operator", "leave"),
        (ignored(managers=("operator",)), IMAGE, "another", "refuse"),
        (ignored("/spec/replicas", name="web", namespace="shop"), ".spec.replicas", "x", "leave"),
        (ignored("/spec/replicas", name="api"), ".spec.replicas", "x", "refuse"),
        (ignored("/spec/replicas", namespace="bank"), ".spec.replicas", "x", "refuse"),
        (ignored("/spec/replicas", group=""), ".spec.replicas", "x", "refuse"),
        (ignored("/spec/replicas", group="*", kind="*"), ".spec.replicas", "x", "leave"),
        (ignored("/spec/replicas"), ".spec.replicas", "reconciler/prod.other", "refuse"),
        (ConflictRule("op*", "spec.*", "take"), ".spec.replicas", "operator", "take"),
        (
            ConflictRule("op*", "spec.*", "take"),
            ".metadata.annotations.a/b.c",
            "operator",
            "refuse",
        ),
        (ConflictRule("x", "*", "take"), ".spec.replicas", "kubectl-edit", "take"),
        (ConflictRule("x", "*", "take"), ".spec.replicas", "kube-controller-manager", "leave"),
    ],
)
def test_the_first_rule_that_fits_decides(
    rule: ConflictRule | IgnoredFields, field: str, manager: str, do: str
) -> None:
    conflict = FieldConflict(field, manager, "")
    assert rule_for((rule, *DEFAULT_RULES), conflict, BODY).do == do
