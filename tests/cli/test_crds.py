"""Custom kinds that nothing here defines are checked once a cluster was asked for them."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.testbed.plugin import Cluster

CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.example.com}
spec:
  group: example.com
  names: {kind: Gadget, plural: gadgets}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {size: {type: integer}}}}
"""
APP = "environments/prod/paw"
FILES = {
    "environments/prod/environment.yaml": "destination: {cluster: prod}\n",
    f"{APP}/kustomization.yaml": "namespace: paw\nresources: [gadgets.yaml]\n",
    f"{APP}/gadgets.yaml": "---\n".join(
        f"apiVersion: example.com/v1\nkind: Gadget\nmetadata: {{name: g{n}}}\nspec: {{size: big}}\n"
        for n in range(3)
    ),
}


@pytest.fixture
def fleet(repo: Repo) -> Repo:
    repo.write(FILES)
    repo.commit()
    return repo


def test_a_kind_that_nothing_defines_is_one_line_with_what_to_type(fleet: Repo, typed: Run) -> None:
    checked = typed("check", cwd=fleet.path)
    assert checked.returncode == 0
    lines = checked.stdout.decode().splitlines()
    assert [line for line in lines if "Gadget" in line] == [
        "warning: no schema for Gadget (example.com/v1): it is neither built in with Kubernetes "
        "1.36 nor defined in crds/; 3 objects of 1 app not checked [types/unknown-kind]"
    ]
    assert "kubectl get crd gadgets.example.com -o yaml" in checked.stdout.decode()
    assert "3 objects not checked" in checked.stderr.decode()
    assert "warning" not in checked.stderr.decode()


def test_definitions_come_from_a_cluster(fleet: Repo, typed: Run, definitions: Cluster) -> None:
    definitions.kubectl("apply", "-f", "-", stdin=CRD)
    reach = ["--kubeconfig", str(definitions.kubeconfig)]
    fetched = typed("crds", "fetch", *reach, cwd=fleet.path)
    assert (fetched.stdout, fetched.returncode) == (b"crds/gadgets.example.com.yaml\n", 0)
    assert typed("crds", "fetch", *reach, cwd=fleet.path).stdout == fetched.stdout
    again = (fleet.path / "crds/gadgets.example.com.yaml").read_text()
    assert "managedFields" not in again
    assert "status" not in again
    checked = typed("check", "-o", "json", cwd=fleet.path)
    found = json.loads(checked.stdout)["findings"]
    assert {f["rule"] for f in found} == {"types/wrong-type"}
    named = typed("crds", "fetch", "certificates.cert-manager.io", *reach, cwd=fleet.path)
    assert named.stdout == b"crds/certificates.cert-manager.io.yaml\n"
    (fleet.path / "file").touch()
    unfit = typed("crds", "fetch", *reach, "--to", "file", cwd=fleet.path)
    assert (unfit.returncode, b"error: " in unfit.stderr) == (2, True), unfit.stderr
    wrong = typed("crds", "fetch", "gadget.example.com", *reach, cwd=fleet.path)
    assert (wrong.returncode, b"gadgets.example.com" in wrong.stderr) == (2, True)
