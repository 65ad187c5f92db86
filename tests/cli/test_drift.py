"""reconciler drift: what somebody changed in a real cluster, who did, and what becomes of it."""

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
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1", env: [{name: MODE, value: fast}]}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: blue, size: "1"}
---
apiVersion: v1
kind: Secret
metadata: {name: key}
stringData: {token: from-git, other: from-git}
"""
Drift = Callable[..., tuple[int, str, str]]


@pytest.fixture
def app(repo: Repo, cluster: Cluster, typed: Run, there: list[str]) -> str:
    name = cluster.namespace
    commit(repo, name)
    done = typed("apply", f"prod/{name}", "--no-check", *there, cwd=repo.path)
    assert done.returncode == 0, done.stderr
    return name


def commit(repo: Repo, name: str, objects: str = OBJECTS, reconcile: str = "{}") -> None:
    repo.commit(
        {
            "environments/prod/environment.yaml": "destination:\n  cluster: prod\n"
            f"  namespace: {name}\nreconcile: {reconcile}\n",
            f"environments/prod/{name}/kustomization.yaml": "resources: [objects.yaml]\n",
            f"environments/prod/{name}/objects.yaml": objects,
        }
    )


@pytest.fixture
def drift(repo: Repo, typed: Run, there: list[str], app: str) -> Drift:
    def look(*words: str) -> tuple[int, str, str]:
        done = typed("drift", f"prod/{app}", *words, *there, cwd=repo.path)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return look


def objects(shown: str) -> dict[str, Any]:
    (found,) = json.loads(shown)["apps"]
    return {f"{o['kind']} {o['name']}": o for o in found["objects"]}


def test_nothing_drifted_after_an_apply(drift: Drift, repo: Repo, app: str) -> None:
    code, shown, _ = drift()
    head = repo.git("rev-parse", "HEAD")[:10]
    assert (code, shown) == (0, f"prod/{app}: 0 of 3 objects drifted since {head}\n")


def test_each_field_has_its_writer_and_its_rule(drift: Drift, app: str, cluster: Cluster) -> None:
    cluster.kubectl("-n", app, "scale", "deploy/web", "--replicas=3")
    cluster.kubectl("-n", app, "set", "env", "deploy/web", "MODE=slow")
    edit = '{"data":{"colour":"red","size":null}}'
    cluster.kubectl(
        *("-n", app, "patch", "cm/settings", "--type=merge", "-p", edit),
        "--field-manager=operator",
    )
    code, shown, _ = drift()
    assert code == 1
    assert f"prod/{app}: 2 of 3 objects drifted since " in shown
    lines = [line.strip() for line in shown.splitlines()]
    at = lines.index("-   spec.replicas: 1 in Git")
    assert lines[at + 1] == "+   spec.replicas: 3 in the cluster"
    assert lines[at + 2] == "kubectl wrote it; it would be set back (kubectl*: take)"
    path = 'spec.template.spec.containers[name="web"].env[name="MODE"].value'
    at = lines.index(f"+   {path}: slow in the cluster")
    assert lines[at + 1].startswith("kubectl-set wrote it at 20")
    assert "foreign" not in shown
    colour = objects(drift("-o", "json")[1])["ConfigMap settings"]["fields"]
    assert [(f["field"], f["git"], f.get("cluster"), f["by"], f["action"]) for f in colour] == [
        ("data.size", "1", None, None, "refused"),
        ("data.colour", "blue", "red", "operator", "refused"),
    ]
    assert {f["rule"] for f in colour} == {"*: refuse"}


def test_a_secrets_values_are_never_shown(drift: Drift, app: str, cluster: Cluster) -> None:
    patch = '{"stringData":{"token":"by-hand","mine":"by-hand"},"data":{"other":null}}'
    cluster.kubectl("-n", app, "patch", "secret/key", "--type=merge", "-p", patch)
    code, shown, _ = drift()
    assert code == 1
    assert "~   data.token: another value than in Git (hidden)" in shown
    assert "+   data.other: nothing in the cluster" in shown
    assert f"Secret {app}/key data.mine: (hidden); foreign, kubectl-patch wrote it" in shown
    for secret in ("by-hand", "from-git", "YnktaGFuZ", "ZnJvbS1na"):
        assert secret not in shown + drift("-o", "json")[1]


def test_what_is_gone_or_made_anew_is_drift(drift: Drift, app: str, cluster: Cluster) -> None:
    cluster.kubectl("-n", app, "delete", "cm/settings", "secret/key")
    cluster.kubectl("-n", app, "create", "secret", "generic", "key")
    code, shown, _ = drift()
    assert code == 1
    assert (
        f"- ConfigMap {app}/settings\n    deleted, and who did it is not known; "
        "it would be made again\n" in shown
    )
    assert f"~ Secret {app}/key\n    deleted, and made anew by somebody\n" in shown


def test_foreign_fields_and_foreign_hands_alone_are_no_drift(
    drift: Drift, app: str, cluster: Cluster
) -> None:
    cluster.kubectl("-n", app, "rollout", "restart", "deploy/web")
    edit = '{"data":{"mine":"a\\u001b[31m"}}'
    cluster.kubectl("-n", app, "patch", "cm/settings", "--type=merge", "-p", edit)
    code, shown, _ = drift()
    assert code == 0
    assert f"prod/{app}: 0 of 3 objects drifted since " in shown
    assert f"ConfigMap {app}/settings data.mine: " in shown
    assert "\x1b" not in shown
    assert "kubectl.kubernetes.io/restartedAt" in shown
    assert "kube-controller-manager" not in shown


def test_a_label_that_was_taken_away_hides_nothing(
    drift: Drift, app: str, cluster: Cluster
) -> None:
    cluster.kubectl("-n", app, "label", "cm/settings", "reconciler.dev/app-")
    found = objects(drift("-o", "json")[1])["ConfigMap settings"]
    assert (found["change"], [f["git"] for f in found["fields"]]) == ("changed", [f"prod.{app}"])


def test_the_environment_says_what_becomes_of_it(
    drift: Drift, repo: Repo, app: str, cluster: Cluster
) -> None:
    edit = '{"data":{"colour":"red"}}'
    cluster.kubectl(
        *("-n", app, "patch", "cm/settings", "--type=merge", "-p", edit),
        "--field-manager=operator",
    )
    commit(repo, app, reconcile="{drift: report}")
    code, shown, _ = drift()
    assert (code, "it is only reported (reconcile.drift: report)" in shown) == (1, True)
    rules = "[{manager: operator, field: data.*, do: leave}]"
    commit(repo, app, reconcile=f"{{conflicts: {rules}}}")
    code, shown, _ = drift()
    assert (code, "it is left so (operator data.*: leave)" in shown) == (0, True)


def test_what_git_changed_since_is_no_drift(
    drift: Drift, repo: Repo, app: str, cluster: Cluster
) -> None:
    applied = repo.git("rev-parse", "HEAD")
    edit = '{"data":{"colour":"red"}}'
    cluster.kubectl("-n", app, "patch", "cm/settings", "--type=merge", "-p", edit)
    commit(repo, app, OBJECTS.replace("blue", "green").replace("web:1", "web:2"))
    code, shown, _ = drift()
    assert (code, f"1 of 3 objects drifted since {applied[:10]}" in shown) == (1, True)
    assert "-   data.colour: blue in Git" in shown


def test_what_may_not_be_seen_is_named_and_the_rest_is_shown(
    repo: Repo, typed: Run, app: str, cluster: Cluster, restricted: list[str]
) -> None:
    edit = '{"data":{"colour":"red"}}'
    cluster.kubectl("-n", app, "patch", "cm/settings", "--type=merge", "-p", edit)
    done = typed("drift", f"prod/{app}", *restricted, cwd=repo.path)
    shown = done.stdout.decode()
    assert done.returncode == 1, done.stderr
    assert f"no right to list Secret (v1) in {app}: what is there of it is not known" in shown
    assert f"~ ConfigMap {app}/settings\n    changed; which fields is not known" in shown
    assert b"refuses PATCH" in done.stderr
    assert f"Secret {app}/key" not in shown


def test_an_app_that_was_never_applied_has_no_drift(
    repo: Repo, typed: Run, app: str, there: list[str]
) -> None:
    repo.commit({"environments/prod/other/kustomization.yaml": "resources: []\n"})
    done = typed("drift", "prod/other", *there, cwd=repo.path)
    assert (done.returncode, done.stdout.decode()) == (0, "prod/other: nothing is applied\n")
