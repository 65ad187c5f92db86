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
metadata: {name: web, labels: {app: web}, annotations: {kept: "1"}}
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
CREDENTIALS = """apiVersion: v1
kind: Secret
metadata: {name: db, labels: {app: web}}
stringData: {password: hunter2}
"""
DEPLOYMENT = {"group": "apps", "kind": "Deployment", "name": "web"}
WITHOUT_B = WEB.replace(', {name: B, value: "2"}', "")


def state(cluster: Cluster) -> dict[str, Any]:
    web = cluster.get("deployment/web")
    pods = cluster.get("pods", "-l", "app=web")["items"]
    return {
        "uid": web["metadata"]["uid"],
        "generation": web["metadata"]["generation"],
        "pods": sorted(pod["metadata"]["uid"] for pod in pods),
    }


def settled(cluster: Cluster) -> None:
    cluster.kubectl("rollout", "status", "-n", cluster.namespace, "deployment/web")
    cluster.wait("jsonpath={.status.terminatingReplicas}=0", "deployment/web")


def variables(cluster: Cluster) -> list[str]:
    (container,) = cluster.get("deployment/web")["spec"]["template"]["spec"]["containers"]
    return [one["name"] for one in container.get("env", [])]


ON_SERVER = ["apply", "--server-side"]
# How a first version is deployed, and the next.
WAYS = {
    "kubectl": (["apply"], ["apply"]),
    "kubectl on the server": (ON_SERVER, ON_SERVER),
    "kubectl, at last on the server": (["apply"], [*ON_SERVER, "--force-conflicts"]),
    "kubectl create": (["create"], ["replace"]),
    "Helm": ([*ON_SERVER, "--field-manager=helm"],) * 2,
    "Helm of old": (["create", "--field-manager=helm"], ["replace", "--field-manager=helm"]),
    "Flux": ([*ON_SERVER, "--field-manager=kustomize-controller"],) * 2,
    "Argo CD": ([*ON_SERVER, "--field-manager=argocd-controller"],) * 2,
}


@pytest.mark.parametrize("way", WAYS)
def test_what_another_tool_applied_is_taken_over_as_it_is(
    way: str, fleet: Repo, app: str, cluster: Cluster, typed: Run, there: list[str]
) -> None:
    objects = f"environments/prod/{app}/objects.yaml"
    manifest = f"{WEB}---\n{CREDENTIALS}"
    first, then = WAYS[way]
    cluster.kubectl(*first, "-n", app, "-f", "-", stdin=f"{WITHOUT_B}---\n{CREDENTIALS}")
    cluster.kubectl(*then, "-n", app, "-f", "-", stdin=manifest)
    settled(cluster)
    before = state(cluster)
    fleet.commit({objects: manifest})

    foreseen = typed("adopt", f"prod/{app}", "--dry-run", *there, cwd=fleet.path)
    assert f"prod/{app}: 2 objects of 2 would be taken over" in foreseen.stdout.decode()
    assert state(cluster) == before
    adopted = typed("adopt", f"prod/{app}", *there, cwd=fleet.path)
    assert f"prod/{app}: 2 objects of 2 taken over" in adopted.stdout.decode(), adopted
    assert "holds fields, too" not in adopted.stdout.decode()
    # All that is otherwise in Git is our mark, and a tool's own labels, of which kubectl has none.
    planned = typed("plan", f"prod/{app}", *there, cwd=fleet.path).stdout.decode().splitlines()
    assert planned == [
        f"prod/{app}  +0 ~2 -0, 0 as they are",
        f"~ Secret {app}/db",
        f'+   metadata.labels["reconciler.dev/app"]: prod.{app}',
        f"~ Deployment {app}/web",
        f'+   metadata.labels["reconciler.dev/app"]: prod.{app}',
    ]
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


@pytest.mark.parametrize("by", ["annotation", "label"])
def test_what_is_still_deployed_by_another_is_refused(
    by: str,
    fleet: Repo,
    app: str,
    cluster: Cluster,
    typed: Run,
    there: list[str],
    definitions: Cluster,
) -> None:
    """Argo CD marks by the one or the other; it need not be in a namespace called argocd."""
    place = app if by == "annotation" else "argocd"
    marks = {
        "annotation": f"annotations: {{argocd.argoproj.io/tracking-id: '{app}_{app}:x'}}",
        "label": f"labels: {{app.kubernetes.io/instance: {app}}}",
    }
    manifest = WEB.replace('labels: {app: web}, annotations: {kept: "1"}', marks[by])
    cluster.apply(manifest)
    application = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": app,
            "namespace": place,
            "annotations": {"argocd.argoproj.io/skip-reconcile": "true"},  # by a real one beside us
        },
        "spec": {
            "project": "default",
            "source": {"repoURL": "https://git.example.org/x", "path": "a"},
            "destination": {"namespace": app, "server": "https://kubernetes.default.svc"},
        },
        "status": {"resources": [{**DEPLOYMENT, "namespace": app}]},
    }
    given = "apiVersion: v1\nkind: Namespace\nmetadata: {name: argocd}\n"
    cluster.kubectl("apply", "-f", "-", stdin=given)
    cluster.kubectl("apply", "-f", "-", stdin=json.dumps(application))
    fleet.commit({f"environments/prod/{app}/objects.yaml": manifest})
    done = typed("adopt", f"prod/{app}", *there, cwd=fleet.path)
    assert done.returncode == 1
    assert (
        f"Argo CD (Application {place}/{app}) still deploys Deployment {app}/web"
        in done.stderr.decode()
    )
    cluster.kubectl("-n", place, "delete", "application", app)
    assert typed("adopt", f"prod/{app}", *there, cwd=fleet.path).returncode == 0


def test_what_somebody_did_beside_the_tool_stays_and_is_told(
    fleet: Repo, app: str, cluster: Cluster, typed: Run, there: list[str]
) -> None:
    cluster.apply(WEB)
    cluster.kubectl("rollout", "restart", "-n", app, "deployment/web")
    settled(cluster)
    before = state(cluster)
    fleet.commit({f"environments/prod/{app}/objects.yaml": WEB})
    said = typed("adopt", f"prod/{app}", *there, cwd=fleet.path).stdout.decode()
    assert f"  Deployment {app}/web: kubectl-rollout holds fields, too\n" in said
    assert typed("apply", f"prod/{app}", "--no-check", *there, cwd=fleet.path).returncode == 0
    assert state(cluster) == before


SCALER = """apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {minReplicas: 2, maxReplicas: 4, scaleTargetRef: {apiVersion: apps/v1, kind: D, name: web}}
"""


def test_what_was_applied_by_another_version_of_its_kind_is_taken_over(
    fleet: Repo, app: str, cluster: Cluster, typed: Run, there: list[str]
) -> None:
    words = ("apply", "--server-side", "--field-manager=helm", "-n", app, "-f", "-")
    cluster.kubectl(*words, stdin=SCALER.replace("/v2", "/v1"))
    objects = f"environments/prod/{app}/objects.yaml"
    fleet.commit({objects: SCALER})
    said = typed("adopt", f"prod/{app}", *there, cwd=fleet.path).stdout.decode()
    assert f"prod/{app}: 1 object of 1 taken over" in said
    for minimum, text in ((2, SCALER), (1, SCALER.replace("minReplicas: 2, ", ""))):
        fleet.commit({objects: text})
        assert typed("apply", f"prod/{app}", "--no-check", *there, cwd=fleet.path).returncode == 0
        assert cluster.get("hpa/web")["spec"]["minReplicas"] == minimum

    # By a second version it cannot be ours, too: that is told, and nothing of ours is lost.
    cluster.kubectl(*words, "--force-conflicts", stdin=SCALER.replace("/v2", "/v1"))
    said = typed("adopt", f"prod/{app}", *there, cwd=fleet.path).stdout.decode()
    assert f"{app}/web: helm holds fields by another version of its kind\n" in said
    entries = cluster.get("hpa/web", "--show-managed-fields")["metadata"]["managedFields"]
    applied = {e["manager"]: e["apiVersion"] for e in entries if e["operation"] == "Apply"}
    assert applied == {f"reconciler/prod.{app}": "autoscaling/v2", "helm": "autoscaling/v1"}
