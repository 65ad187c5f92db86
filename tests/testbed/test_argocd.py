"""Argo CD, unmodified, brings what is in Git into the cluster."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Repo
from tests.testbed.plugin import Cluster

FILES = {
    "app/kustomization.yaml": "resources: [deployment.yaml]\n",
    "app/deployment.yaml": """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
""",
}


def application(cluster: Cluster, repo: Repo, name: str, **source: Any) -> str:
    return json.dumps(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": name, "namespace": "argocd"},
            "spec": {
                "project": "default",
                "source": {
                    "repoURL": f"file://{repo.path}",
                    "path": "app",
                    "targetRevision": "main",
                    **source,
                },
                "destination": {
                    "server": "https://kubernetes.default.svc",
                    "namespace": cluster.namespace,
                },
                "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
            },
        }
    )


def healthy(cluster: Cluster, name: str) -> None:
    for condition in (
        "jsonpath={.status.sync.status}=Synced",
        "jsonpath={.status.health.status}=Healthy",
    ):
        cluster.kubectl(
            "wait", "-n", "argocd", f"--for={condition}", f"application/{name}", "--timeout=120s"
        )


def test_an_application_becomes_healthy_through_a_plugin_and_follows_git(
    argocd: Cluster, repo: Repo
) -> None:
    repo.commit(FILES)
    name = argocd.namespace
    argocd.kubectl(
        "apply", "-f", "-", stdin=application(argocd, repo, name, plugin={"name": "stock"})
    )
    healthy(argocd, name)
    assert argocd.get("deploy/web")["status"]["readyReplicas"] == 2

    revision = repo.commit(
        {"app/deployment.yaml": FILES["app/deployment.yaml"].replace(":1", ":2")}
    )
    argocd.kubectl(
        "annotate", "application", name, "-n", "argocd", "argocd.argoproj.io/refresh=normal"
    )
    argocd.kubectl(
        "wait", "-n", "argocd", f"--for=jsonpath={{.status.sync.revision}}={revision}",
        f"application/{name}", "--timeout=120s",
    )  # fmt: skip
    healthy(argocd, name)
    containers = argocd.get("deploy/web")["spec"]["template"]["spec"]["containers"]
    assert containers[0]["image"] == "web:2"
    argocd.kubectl("delete", "application", name, "-n", "argocd")


def test_an_application_set_makes_an_application_for_each_folder_in_git(
    argocd: Cluster, repo: Repo
) -> None:
    repo.commit(FILES)
    name = argocd.namespace
    template = json.loads(application(argocd, repo, f"{name}-{{{{path.basename}}}}"))
    del template["apiVersion"], template["kind"], template["metadata"]["namespace"]
    template["spec"]["source"]["path"] = "{{path}}"
    generator = {
        "git": {
            "repoURL": f"file://{repo.path}",
            "revision": "main",
            "directories": [{"path": "app"}],
        }
    }
    made = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {"generators": [generator], "template": template},
    }
    argocd.kubectl("apply", "-f", "-", stdin=json.dumps(made))
    argocd.kubectl(
        "wait", "-n", "argocd", "--for=create", f"application/{name}-app", "--timeout=120s"
    )
    healthy(argocd, f"{name}-app")
    argocd.kubectl("delete", "applicationset", name, "-n", "argocd")
