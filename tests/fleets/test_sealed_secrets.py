"""What docs/apps/sealed-secrets.md promises of the controller is what it renders to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fleets.conftest import ROOT, Objects
from tests.testbed.plugin import Cluster

ENVIRONMENTS = ("dev", "stage", "prod")
WAVE = "argocd.argoproj.io/sync-wave"


@pytest.fixture(params=ENVIRONMENTS)
def objects(request: pytest.FixtureRequest, rendered: Callable[[str], Objects]) -> Objects:
    return rendered(f"environments/{request.param}/sealed-secrets")


def of_kind(objects: Objects, kind: str) -> Any:
    [found] = [o for o in objects if o["kind"] == kind]
    return found


def test_a_cluster_gets_the_definition_before_the_controller_and_both_before_any_secret(
    objects: Objects,
) -> None:
    order = ["Namespace", "CustomResourceDefinition", "ServiceAccount", "Deployment"]
    kinds = [o["kind"] for o in objects]
    assert sorted(order, key=kinds.index) == order
    waves = [int(of_kind(objects, k)["metadata"]["annotations"][WAVE]) for k in order]
    assert waves == sorted(waves)
    assert waves[1] < waves[3] < 0


def test_the_controller_is_of_a_release_without_known_holes(objects: Objects) -> None:
    [container] = of_kind(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    tag = container["image"].rpartition(":")[2]
    assert tuple(map(int, tag.split("."))) >= (0, 40, 0)


def test_the_controller_runs_without_rights_on_its_node(objects: Objects) -> None:
    pod = of_kind(objects, "Deployment")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_nobody_reaches_the_controller_through_the_api_server_unless_somebody_says_so(
    objects: Objects,
) -> None:
    assert of_kind(objects, "Role")["metadata"]["name"] == "sealed-secrets-service-proxier"
    assert not [o for o in objects if o["kind"] == "RoleBinding"]
    assert [s["kind"] for s in of_kind(objects, "ClusterRoleBinding")["subjects"]] == [
        "ServiceAccount"
    ]


def test_the_keys_outlive_whoever_deletes_the_app(objects: Objects) -> None:
    annotations = of_kind(objects, "Namespace")["metadata"]["annotations"]
    assert annotations["argocd.argoproj.io/sync-options"] == "Prune=false,Delete=false"


def test_a_real_cluster_takes_all_of_it(objects: Objects, definitions: Cluster) -> None:
    """Every field of it, for what the namespace of the test can hold of it."""
    for o in objects:
        if o["kind"] in ("Namespace", "CustomResourceDefinition"):
            continue
        if o["metadata"].get("namespace"):
            o = {**o, "metadata": {**o["metadata"], "namespace": definitions.namespace}}
        definitions.kubectl(
            *("apply", "--dry-run=server", "--validate=strict", "-f", "-"), stdin=json.dumps(o)
        )


def test_the_definition_is_the_projects_own(peer: Callable[[str], Path]) -> None:
    """Its fields are those of the release that the tests run; descriptions have changed since."""
    ours = ROOT / "overlays/sealed-secrets/base/custom-resource-definition.yaml"
    [theirs] = peer("sealed-secrets-crds").rglob("*.yaml")
    assert plain(yaml.safe_load(ours.read_text())) == plain(yaml.safe_load(theirs.read_text()))


def plain(value: Any) -> Any:
    """Without what only people and generators read."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: plain(inner)
        for key, inner in value.items()
        if key != "annotations" and not (key == "description" and isinstance(inner, str))
    }
