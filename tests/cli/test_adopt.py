"""reconciler adopt: what other tools applied is ours afterwards, and nothing restarts by it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.test_apply import app as app
from tests.cli.test_apply import fleet as fleet
from tests.conftest import Repo
from tests.testbed.plugin import Cluster

WEB = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {kept: "1"}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: "example.org/web:1"
        env: [{name: A, value: "1"}, {name: B, value: "2"}]
"""
CREDENTIALS = (
    "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {password: hunter2}\n"
)
WITHOUT_B = WEB.replace(', {name: B, value: "2"}', "")


def state(cluster: Cluster) -> dict[str, Any]:
    web = cluster.get("deployment/web")
    pods = cluster.get("pods", "-l", "app=web")["items"]
    return {
        "uid": web["metadata"]["uid"],
        "generation": web["metadata"]["generation"],
        "pods": sorted(pod["metadata"]["uid"] for pod in pods),
    }


def variables(cluster: Cluster) -> list[str]:
    (container,) = cluster.get("deployment/web")["spec"]["template"]["spec"]["containers"]
    return [one["name"] for one in container.get("env", [])]


WAYS = {
    "kubectl": ["apply"],
    "kubectl on the server": ["apply", "--server-side"],
    "kubectl create": ["create"],
    "Helm": ["apply", "--server-side", "--field-manager=helm"],
    "Helm of old": ["create", "--field-manager=helm"],
    "Flux": ["apply", "--server-side", "--field-manager=kustomize-controller"],
    "Argo CD": ["apply", "--server-side", "--field-manager=argocd-controller"],
}


@pytest.mark.parametrize("way", WAYS)
def test_what_another_tool_applied_is_taken_over_as_it_is(
    way: str, fleet: Repo, app: str, cluster: Cluster, typed: Run, there: list[str]
) -> None:
    objects = f"environments/prod/{app}/objects.yaml"
    manifest = f"{WEB}---\n{CREDENTIALS}"
    cluster.kubectl(*WAYS[way], "-n", app, "-f", "-", stdin=manifest)
    cluster.wait("condition=Available", "deployment/web")
    before = state(cluster)
    fleet.commit({objects: manifest})

    foreseen = typed("adopt", f"prod/{app}", "--dry-run", *there, cwd=fleet.path)
    assert f"prod/{app}: 2 objects of 2 would be taken over" in foreseen.stdout.decode()
    assert state(cluster) == before
    adopted = typed("adopt", f"prod/{app}", *there, cwd=fleet.path)
    assert f"prod/{app}: 2 objects of 2 taken over" in adopted.stdout.decode(), adopted
    applied = typed("apply", f"prod/{app}", "--no-check", *there, cwd=fleet.path)
    assert applied.returncode == 0, applied
    assert state(cluster) == before

    # What Git drops from now on goes, as if it had always been ours.
    fleet.commit({objects: f"{WITHOUT_B}---\n{CREDENTIALS}"})
    assert typed("apply", f"prod/{app}", "--no-check", *there, cwd=fleet.path).returncode == 0
    assert variables(cluster) == ["A"]
    again = typed("adopt", f"prod/{app}", *there, cwd=fleet.path)
    assert f"prod/{app}: 0 objects of 2 taken over" in again.stdout.decode()
    for done in (foreseen, adopted, applied):
        assert b"hunter2" not in done.stdout + done.stderr


def test_what_somebody_changed_of_an_applied_app_is_still_drift_once_it_is_ours(
    fleet: Repo, app: str, cluster: Cluster, typed: Run, there: list[str]
) -> None:
    entry = f"prod/{app}"
    typed("apply", entry, *there, cwd=fleet.path)
    cluster.kubectl("-n", app, "patch", "configmap/one", "--type=merge", "-p", '{"data":{"k":"x"}}')
    adopted = typed("adopt", entry, "--from", "kubectl-patch", *there, cwd=fleet.path)
    assert f"{entry}: 1 object of 2 taken over" in adopted.stdout.decode(), adopted
    assert typed("plan", entry, *there, cwd=fleet.path).returncode == 1
    applied = typed("apply", entry, *there, cwd=fleet.path)
    assert "1 changed" in applied.stdout.decode(), applied
    assert cluster.get("configmap/one")["data"] == {"k": "1"}


def test_what_is_still_deployed_by_another_is_refused(
    fleet: Repo, app: str, cluster: Cluster, typed: Run, there: list[str], definitions: Cluster
) -> None:
    labels = json.dumps({"argocd.argoproj.io/tracking-id": f"{app}_shop:apps/Deployment:{app}/web"})
    manifest = WEB.replace('annotations: {kept: "1"}', f"annotations: {labels}")
    cluster.apply(manifest)
    application = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "shop", "namespace": app},
        "spec": {
            "project": "default",
            "source": {"repoURL": "https://git.example.org/x", "path": "a"},
            "destination": {"namespace": app},
        },
    }
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(application))
    fleet.commit({f"environments/prod/{app}/objects.yaml": manifest})
    done = typed("adopt", f"prod/{app}", *there, cwd=fleet.path)
    assert done.returncode == 1
    assert (
        f"Argo CD (Application {app}/shop) still deploys Deployment {app}/web"
        in done.stderr.decode()
    )
    cluster.kubectl("-n", app, "delete", "application", "shop")
    assert typed("adopt", f"prod/{app}", *there, cwd=fleet.path).returncode == 0
