"""reconciler tree: what an app has in a real cluster, and what its objects made."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.testbed.plugin import Cluster

OBJECTS = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {}}
    spec: {containers: [{name: web, image: "web:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "db:1"}]}
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {token: never-shown}
"""
Look = Callable[..., tuple[int, str, str]]


@pytest.fixture
def app(cluster: Cluster) -> str:
    return cluster.namespace


@pytest.fixture
def apply(repo: Repo, typed: Run, app: str, there: list[str]) -> Callable[[str], int]:
    def applied(objects: str) -> int:
        repo.commit(
            {
                "environments/prod/environment.yaml": "destination:\n  cluster: prod\n"
                f"  namespace: {app}\n",
                f"environments/prod/{app}/kustomization.yaml": "resources: [objects.yaml]\n",
                f"environments/prod/{app}/objects.yaml": objects,
            }
        )
        words = ("apply", f"prod/{app}", "--no-check", "--wait", "--timeout", "60", *there)
        return typed(*words, cwd=repo.path).returncode

    return applied


@pytest.fixture
def look(repo: Repo, typed: Run, app: str, there: list[str]) -> Look:
    def typed_(*words: str, options: list[str] = there) -> tuple[int, str, str]:
        done = typed(*words[:1], f"prod/{app}", *words[1:], *options, cwd=repo.path)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return typed_


def kinds(nodes: list[dict[str, Any]]) -> list[Any]:
    return [[n["kind"], kinds(n["children"])] if n["children"] else n["kind"] for n in nodes]


def test_below_each_object_is_what_it_made(
    apply: Callable[[str], int], look: Look, app: str
) -> None:
    assert apply(OBJECTS) == 0
    code, shown, _ = look("tree")
    assert code == 0
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert lines[0].startswith(f"prod/{app} at ")
    assert lines[1].startswith(f"├── Secret {app}/key healthy")
    first = next(i for i, line in enumerate(lines) if f"Deployment {app}/web healthy" in line)
    assert lines[first + 1].startswith("│ └── ReplicaSet web-")
    assert lines[first + 2].startswith("│ └── Pod web-")
    assert "never-shown" not in shown
    found = json.loads(look("tree", "-o", "json")[1])
    assert kinds(found["objects"]) == [
        "Secret",
        ["Service", ["EndpointSlice"]],
        ["Deployment", [["ReplicaSet", ["Pod"]]]],
        ["StatefulSet", ["PersistentVolumeClaim", "Pod"]],
    ]


def test_what_is_of_the_past_is_only_shown_with_all(
    apply: Callable[[str], int], look: Look
) -> None:
    apply(OBJECTS)
    assert apply(OBJECTS.replace("web:1", "web:2")) == 0
    assert look("tree")[1].count("ReplicaSet") == 1
    whole = look("tree", "--all")[1]
    assert (whole.count("ReplicaSet"), whole.count("ControllerRevision")) == (2, 1)


def test_what_is_not_well_says_why(
    apply: Callable[[str], int], look: Look, app: str, cluster: Cluster
) -> None:
    assert apply(OBJECTS.replace("annotations: {}", "annotations: {testbed/fault: crash}")) == 1
    cluster.kubectl("-n", app, "delete", "service", "web")
    shown = look("tree")[1]
    deployment, pod = (
        next(line for line in shown.splitlines() if kind in line)
        for kind in ("Deployment", "Pod web")
    )
    assert "degraded" in deployment
    assert "web: CrashLoopBackOff" in deployment
    assert "web: CrashLoopBackOff" in pod
    assert f"├── Service {app}/web" in shown
    assert "missing" in shown


def test_what_may_not_be_seen_is_unknown(
    apply: Callable[[str], int], look: Look, app: str, restricted: list[str]
) -> None:
    apply(OBJECTS)
    code, shown, _ = look("tree", options=restricted)
    assert code == 0
    secret = next(line for line in shown.splitlines() if "Secret" in line)
    assert secret.split()[-6:] == ["unknown", "no", "right", "to", "see", "it"]
    assert f"no right to list Secret (v1) in {app}\n" in shown
    assert "Pod web-" in shown


def test_an_app_that_was_never_applied_has_no_tree(
    apply: Callable[[str], int], repo: Repo, typed: Run, there: list[str]
) -> None:
    apply(OBJECTS)
    done = typed("tree", "prod/other", *there, cwd=repo.path)
    assert (done.returncode, b"nothing of prod/other is applied" in done.stderr) == (2, True)
    repo.commit({"environments/prod/other/kustomization.yaml": "resources: []\n"})
    done = typed("tree", "prod", *there, cwd=repo.path)
    assert (done.returncode, b"name it as ENV/APP" in done.stderr) == (2, True)


def test_a_cluster_that_does_not_answer(
    apply: Callable[[str], int], look: Look, there: list[str], tmp_path: Any
) -> None:
    apply("")
    config = json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        }
    )
    file = tmp_path / "nobody.json"
    file.write_text(config)
    options = ["--kubeconfig", str(file), "--context", "c"]
    code, shown, said = look("tree", options=options)
    assert (code, shown) == (2, "")
    assert "the API server does not answer at https://127.0.0.1:1" in said
