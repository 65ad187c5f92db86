"""The unmodified Argo CD, with our plugin server and its own beside each other."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.testbed.addons.argocd import OURS
from tests.conftest import Repo
from tests.testbed.plugin import Cluster
from tests.testbed.test_argocd import FILES as APP
from tests.testbed.test_argocd import application, healthy

WEB = APP["app/deployment.yaml"]
FILES = {
    "environments/dev/environment.yaml": "destination: {cluster: dev}\n",
    "environments/dev/web/kustomization.yaml": "resources: [../../../overlays/web]\n",
    "environments/dev/api/kustomization.yaml": (
        "namePrefix: api-\nresources: [../../../overlays/web]\n"
    ),
    "overlays/web/kustomization.yaml": "resources: [deployment.yaml]\n",
    "overlays/web/deployment.yaml": WEB,
}


def refresh(cluster: Cluster, how: str = "hard") -> None:
    cluster.kubectl(
        "annotate", "application", cluster.namespace, "-n", "argocd", "--overwrite",
        f"argocd.argoproj.io/refresh={how}",
    )  # fmt: skip


@pytest.mark.parametrize("plugin", [OURS, "generate"])
def test_argo_cd_syncs_an_environment_through_the_plugin_and_keeps_to_it(
    argocd: Cluster, repo: Repo, plugin: str, kustomize: Callable[..., Any]
) -> None:
    repo.commit(FILES)
    name = argocd.namespace
    source = {"path": "environments/dev", "plugin": {"name": plugin}}
    argocd.kubectl("apply", "-f", "-", stdin=application(argocd, repo, name, **source))
    healthy(argocd, name)
    assert argocd.get("deploy/web")["status"]["readyReplicas"] == 2
    assert argocd.get("deploy/api-web")["status"]["readyReplicas"] == 2

    # What somebody changes in the cluster is set back.
    argocd.kubectl("scale", "-n", name, "deploy/web", "--replicas=5")
    argocd.wait("jsonpath={.spec.replicas}=2", "deploy/web")

    # An app that is gone from Git goes from the cluster.
    (repo.path / "environments/dev/api/kustomization.yaml").unlink()
    revision = repo.commit({"overlays/web/deployment.yaml": WEB.replace("web:1", "web:2")})
    refresh(argocd, "normal")
    argocd.kubectl(
        "wait", "-n", "argocd", f"--for=jsonpath={{.status.sync.revision}}={revision}",
        f"application/{name}", "--timeout=120s",
    )  # fmt: skip
    argocd.wait("delete", "deploy/api-web")
    healthy(argocd, name)
    containers = argocd.get("deploy/web")["spec"]["template"]["spec"]["containers"]
    assert containers[0]["image"] == "web:2"
    argocd.kubectl("delete", "application", name, "-n", "argocd")


def test_argo_cd_shows_our_words_for_an_app_that_does_not_render(
    argocd: Cluster, repo: Repo
) -> None:
    repo.commit({**FILES, "overlays/web/kustomization.yaml": "resources:\n- deploymnet.yaml\n"})
    name = argocd.namespace
    source = {"path": "environments/dev/web", "plugin": {"name": OURS}}
    argocd.kubectl("apply", "-f", "-", stdin=application(argocd, repo, name, **source))
    argocd.kubectl(
        "wait", "-n", "argocd", "--for=jsonpath={.status.conditions[0].type}=ComparisonError",
        f"application/{name}", "--timeout=120s",
    )  # fmt: skip
    found = json.loads(argocd.kubectl("get", "application", name, "-n", "argocd", "-o", "json"))
    message = found["status"]["conditions"][0]["message"]
    assert "overlays/web/kustomization.yaml:2:3: " in message
    assert "To do: correct the name, or add the file" in message
    assert "\n" not in message
    argocd.kubectl("delete", "application", name, "-n", "argocd")


def test_parameters_of_an_application_change_what_runs(argocd: Cluster, repo: Repo) -> None:
    repo.commit(FILES)
    name = argocd.namespace
    parameters = [
        {"name": "images", "array": ["web:7"]},
        {"name": "replicas", "map": {"web": "3"}},
        {"name": "apps", "array": ["web"]},
    ]
    source = {"path": "environments/dev", "plugin": {"name": OURS, "parameters": parameters}}
    argocd.kubectl("apply", "-f", "-", stdin=application(argocd, repo, name, **source))
    healthy(argocd, name)
    found = argocd.get("deploy/web")["spec"]
    assert found["replicas"] == 3
    assert found["template"]["spec"]["containers"][0]["image"] == "web:7"
    argocd.kubectl("delete", "application", name, "-n", "argocd")
