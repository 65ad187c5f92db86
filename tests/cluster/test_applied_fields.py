"""What was applied before is still there, and Git says it no more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reconciler.cluster.applied_fields import fields_gone_from_git
from reconciler.kubernetes.masking import LAST_APPLIED
from reconciler.kubernetes.structure import Structure


def pod(*environment: str, **metadata: Any) -> dict[str, Any]:
    web = {"name": "web", "env": [{"name": name, "value": "1"} for name in environment]}
    about = {"name": "x", **metadata}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": about, "spec": {"containers": [web]}}


def noted(*environment: str) -> dict[str, Any]:
    return {"annotations": {LAST_APPLIED: json.dumps(pod(*environment))}}


def held(*environment: str, manager: str = "kubectl", operation: str = "Apply") -> dict[str, Any]:
    variables: dict[str, Any] = {
        f'k:{{"name":"{n}"}}': {".": {}, "f:value": {}} for n in environment
    }
    web = {".": {}, "f:name": {}, "f:env": variables}
    fields = {"f:spec": {"f:containers": {'k:{"name":"web"}': web}}, "f:metadata": {"f:labels": {}}}
    return {"managedFields": [{"manager": manager, "operation": operation, "fieldsV1": fields}]}


GONE = '.spec.containers[name="web"].env[name="B"]'


@pytest.mark.parametrize(
    ("live", "found"),
    [
        (pod("A", "B", **noted("A", "B")), [GONE]),
        (pod("A", "B", **noted("A")), []),  # B is somebody else's
        (pod("A", **noted("A", "B")), []),  # somebody took it away
        (pod("A", "B", annotations={LAST_APPLIED: "{"}), []),
        (pod("A", "B", **held("A", "B")), [GONE, f"{GONE}.value"]),
        (pod("A", "B", **held("A")), []),
        (pod("A", "B", **held("A", "B", operation="Update")), []),
        (pod("A", "B", **held("A", "B", manager="keda-operator")), []),
    ],
)
def test_what_was_applied_and_git_says_no_more_is_found(
    live: dict[str, Any], found: list[str], structure: Structure
) -> None:
    assert [*fields_gone_from_git(pod("A"), {"metadata": {}} | live, structure)] == found


def test_who_applies_nothing_of_what_git_says_has_fields_of_its_own(structure: Structure) -> None:
    proxy: dict[str, Any] = {
        "f:spec": {"f:containers": {'k:{"name":"proxy"}': {".": {}, "f:image": {}}}}
    }
    owner = {"manager": "mesh", "operation": "Apply", "fieldsV1": proxy}
    live = pod("A", managedFields=[owner])
    live["spec"]["containers"].append({"name": "proxy", "image": "proxy:1"})
    assert not [*fields_gone_from_git(pod("A"), live, structure)]
