"""What docs/how-to/run-the-reconciler.md promises of the cluster's part is what it renders to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.cluster.reconciled_apps import SYSTEM_NAMESPACE
from tests.cli.conftest import Run
from tests.cli.conftest import reconciler as reconciler
from tests.conftest import Repo
from tests.fleets.conftest import ROOT, Objects
from tests.testbed.plugin import Cluster

OVERLAY = "overlays/reconciler"
EXAMPLE = "examples/embedded"
ENTRY = f"{EXAMPLE}/environments/edge/reconciler"
READING = {"get", "list", "watch"}


@pytest.fixture(params=["dev", "stage", "prod"])
def objects(request: pytest.FixtureRequest, rendered: Callable[[str], Objects]) -> Objects:
    return rendered(f"{OVERLAY}/{request.param}")


@pytest.fixture
def prod(rendered: Callable[[str], Objects]) -> Objects:
    return rendered(f"{OVERLAY}/prod")


def of_kind(objects: Objects, kind: str) -> Any:
    [found] = [o for o in objects if o["kind"] == kind]
    return found


def pod_of(objects: Objects) -> Any:
    return of_kind(objects, "Deployment")["spec"]["template"]["spec"]


def rules(objects: Objects, kind: str) -> Iterator[Any]:
    for o in objects:
        if o["kind"] == kind:
            yield from o["rules"]


def test_all_of_it_is_where_the_program_looks(objects: Objects) -> None:
    assert of_kind(objects, "Namespace")["metadata"]["name"] == SYSTEM_NAMESPACE
    named = {o["metadata"].get("namespace", SYSTEM_NAMESPACE) for o in objects}
    assert named == {SYSTEM_NAMESPACE}


def test_it_runs_without_rights_on_its_node(objects: Objects) -> None:
    pod = pod_of(objects)
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    labels = of_kind(objects, "Namespace")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_it_starts_without_secrets_and_with_the_settings_of_its_environment(
    objects: Objects,
) -> None:
    [container] = pod_of(objects)["containers"]
    [git] = [v["secret"] for v in pod_of(objects)["volumes"] if "secret" in v]
    references = [e["valueFrom"]["secretKeyRef"] for e in container["env"] if "valueFrom" in e]
    assert git["optional"] is True
    assert [r["optional"] for r in references] == [True]
    config = of_kind(objects, "ConfigMap")
    assert container["envFrom"] == [{"configMapRef": {"name": config["metadata"]["name"]}}]
    used = {word[2:-1] for arg in container["args"] for word in [arg.partition("=")[2] or arg]
            if word.startswith("$(")}  # fmt: skip
    assert used == set(config["data"])


def test_by_itself_it_writes_nothing_but_what_it_says_of_apps(objects: Objects) -> None:
    for rule in rules(objects, "ClusterRole"):
        is_event = rule["apiGroups"] == ["events.k8s.io"]
        assert set(rule["verbs"]) <= READING or (is_event and rule["verbs"] == ["create"])
        assert "secrets" not in rule["resources"]
        assert rule["apiGroups"] != ["*"]
        assert not ("" in rule["apiGroups"] and "*" in rule["resources"])
    written = {
        resource for rule in rules(objects, "Role") for resource in rule["resources"]
        if not set(rule["verbs"]) <= READING
    }  # fmt: skip
    assert written == {
        *("configmaps", "leases", "reconciledapps", "reconciledapps/status"),
        *("reconciledenvironments", "reconciledenvironments/status"),
    }


def test_it_acts_as_nobody_whom_the_environment_does_not_name(
    objects: Objects, rendered: Callable[[str], Objects]
) -> None:
    entry = rendered(ENTRY)
    for kind in ("Role", "ClusterRole"):
        assert not [r for r in rules(objects, kind) if "impersonate" in r["verbs"]]
    assert not [r for r in rules(entry, "ClusterRole") if "impersonate" in r["verbs"]]
    [rule] = [r for r in rules(entry, "Role") if "impersonate" in r["verbs"]]
    accounts = {o["metadata"]["name"] for o in entry if o["kind"] == "ServiceAccount"}
    assert set(rule["resourceNames"]) == accounts - {"reconciler"}


@pytest.mark.parametrize(
    ("component", "role"), [("cluster-admin", "cluster-admin"), ("secrets", "reconciler-secrets")]
)
def test_more_rights_are_a_component(
    component: str, role: str, rendered: Callable[[str], Objects]
) -> None:
    binding = of_kind(rendered(f"{OVERLAY}/components/{component}"), "ClusterRoleBinding")
    assert binding["roleRef"]["name"] == role
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "reconciler", "namespace": SYSTEM_NAMESPACE}
    ]


def test_in_prod_one_of_two_is_always_there(prod: Objects) -> None:
    deployment, budget = of_kind(prod, "Deployment"), of_kind(prod, "PodDisruptionBudget")
    assert deployment["spec"]["replicas"] == 2
    assert budget["spec"]["minAvailable"] == 1
    labels = deployment["spec"]["selector"]["matchLabels"]
    assert budget["spec"]["selector"]["matchLabels"] == labels
    [spread] = pod_of(prod)["topologySpreadConstraints"]
    [apart] = pod_of(prod)["affinity"]["podAntiAffinity"][
        "preferredDuringSchedulingIgnoredDuringExecution"
    ]
    assert spread["labelSelector"]["matchLabels"] == labels
    assert apart["podAffinityTerm"]["labelSelector"]["matchLabels"] == labels


def test_its_ports_are_those_that_policies_and_the_service_let_through(objects: Objects) -> None:
    [container] = pod_of(objects)["containers"]
    ports = {p["name"]: p["containerPort"] for p in container["ports"]}
    assert f"--http=0.0.0.0:{ports['webhook']}" in container["args"]
    assert f"--metrics=0.0.0.0:{ports['metrics']}" in container["args"]
    let_in = {
        port["port"]
        for o in objects
        if o["kind"] == "NetworkPolicy"
        for rule in o["spec"].get("ingress", [])
        for port in rule["ports"]
    }
    assert let_in == set(ports.values())
    [port] = of_kind(objects, "Service")["spec"]["ports"]
    assert port["targetPort"] == "webhook"


def test_a_real_cluster_takes_all_of_it(objects: Objects, cluster: Cluster) -> None:
    """Every field of it, for what the namespace of the test can hold of it."""
    for o in objects:
        if o["kind"] in ("Namespace", "CustomResourceDefinition"):
            continue
        if o["metadata"].get("namespace"):
            o = {**o, "metadata": {**o["metadata"], "namespace": cluster.namespace}}
        cluster.kubectl(
            *("apply", "--dry-run=server", "--validate=strict", "-f", "-"), stdin=json.dumps(o)
        )


def test_a_cluster_with_prometheus_takes_the_monitoring(
    rendered: Callable[[str], Objects], definitions: Cluster
) -> None:
    for o in rendered(f"{OVERLAY}/components/monitoring"):
        o = {**o, "metadata": {**o["metadata"], "namespace": definitions.namespace}}
        definitions.kubectl(
            *("apply", "--dry-run=server", "--validate=strict", "-f", "-"), stdin=json.dumps(o)
        )


def test_the_example_is_a_repository_of_its_own_with_nothing_to_find(
    tmp_path: Path, reconciler: Run
) -> None:
    shutil.copytree(ROOT / EXAMPLE, tmp_path / "fleet")
    Repo(tmp_path / "fleet").commit()
    done = reconciler("check", cwd=tmp_path / "fleet")
    assert (done.returncode, done.stderr.decode()) == (0, "2 apps, 26 objects: nothing found\n")


def test_an_entry_may_take_every_component(tmp_path: Path, reconciler: Run) -> None:
    shutil.copytree(ROOT / EXAMPLE, tmp_path / "fleet")
    entry = tmp_path / "fleet/environments/edge/reconciler/kustomization.yaml"
    names = sorted(folder.name for folder in (ROOT / OVERLAY / "components").iterdir())
    lines = "".join(f"  - ../../../overlays/reconciler/components/{name}\n" for name in names)
    entry.write_text(f"{entry.read_text()}\ncomponents:\n{lines}")
    Repo(tmp_path / "fleet").commit()
    done = reconciler("check", cwd=tmp_path / "fleet")
    assert (done.returncode, b"nothing found" in done.stderr) == (0, True), done.stderr
    rendered = reconciler("render", "edge/reconciler", "-o", "json", cwd=tmp_path / "fleet")
    assert b"monitoring.coreos.com" in rendered.stdout
