"""reconciler argocd doctor, as it is typed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import yaml

from reconciler.yaml.nodes import LOADER
from tests.cli.conftest import Run
from tests.peers import program
from tests.testbed.plugin import Cluster

KINDS = ("ConfigMap", "Deployment", "StatefulSet")


def test_an_installation_in_a_cluster_is_looked_at(argocd: Cluster, typed: Run) -> None:
    """Argo CD's own manifests, unmodified, in the namespace of this test."""
    install = (program("argocd-install") / "manifests/install.yaml").read_text()
    for o in yaml.load_all(install, LOADER):
        if o["kind"] in KINDS:
            if o["kind"] != "ConfigMap":
                o["spec"]["replicas"] = 0
            argocd.apply(json.dumps(o))
    arguments = ("argocd", "doctor", "--kubeconfig", str(argocd.kubeconfig))
    done = typed(*arguments, "-n", argocd.namespace)
    assert done.returncode == 1
    assert done.stdout.decode().startswith(
        "Deployment argocd-repo-server: slow: plugins are sent the whole repository for each app"
        " [whole-repository]\n  costs: 4.5 s an app"
    )
    found = json.loads(typed(*arguments, "-n", argocd.namespace, "-o", "json").stdout)
    assert [d["id"] for d in found["diagnoses"]] == [
        "whole-repository",
        "git-sent",
        "no-parallelism-limit",
    ]
    done = typed(*arguments, "-n", "kube-system")
    assert done.returncode == 2
    assert b"there is no Argo CD" in done.stderr


def test_manifests_are_looked_at_before_they_are_applied(
    typed: Run, tmp_path: Path, peer: Callable[[str], Path]
) -> None:
    install = peer("argocd-install") / "manifests/install.yaml"
    assert typed("argocd", "doctor", "-f", install).returncode == 1
    (tmp_path / "a.yaml").write_text("a: [\n")
    done = typed("argocd", "doctor", "-f", "a.yaml")
    assert done.returncode == 2
    assert b"a.yaml:2: this is not YAML" in done.stderr
    assert typed("argocd", "doctor", "-f", "gone.yaml").returncode == 2


def test_a_cluster_that_does_not_answer_is_named(typed: Run, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        "clusters: [{name: a, cluster: {server: 'http://127.0.0.1:1'}}]\n"
        "contexts: [{name: a, context: {cluster: a}}]\ncurrent-context: a\n"
    )
    done = typed("argocd", "doctor", "--kubeconfig", config)
    assert done.returncode == 2
    assert b"the API server does not answer at http://127.0.0.1:1" in done.stderr
