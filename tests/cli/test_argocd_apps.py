"""reconciler argocd apps, and what check says of its files."""

from __future__ import annotations

from collections.abc import Callable
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml

from reconciler import __version__
from reconciler.argocd.applications.manifests import HEAD
from tests.cli.conftest import Run
from tests.conftest import Repo

WORKLOAD = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "web:1", resources: {requests: {cpu: 1}}}
"""
SCALER = """apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  maxReplicas: 4
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n"
URL = "https://git.example.org/fleet/environments"
FLEET = {
    "environments/dev/environment.yaml": (
        f"destination: {{cluster: eu-1, namespace: '{{app}}'}}\nrepositories: ['{URL}']\n"
    ),
    "environments/prod/environment.yaml": (
        "destination: {cluster: eu-2, server: 'https://10.0.0.1:6443', namespace: '{app}'}\n"
        "promotesFrom: dev\nargocd: {steps: ['canary-*']}\nreleases: {branch: trunk}\n"
    ),
    **{
        f"environments/{entry}/kustomization.yaml": (
            f"namespace: {entry.partition('/')[2]}\nresources: [../../../overlays/web]\n"
        )
        for entry in ("dev/web", "prod/web", "prod/canary-web")
    },
    "overlays/web/kustomization.yaml": "resources: [namespace.yaml, workload.yaml]\n",
    "overlays/web/namespace.yaml": NAMESPACE,
    "overlays/web/workload.yaml": WORKLOAD,
    "overlays/README.md": "no app reads this\n",
}


@pytest.fixture
def fleet(repo: Repo, typed: Run) -> Callable[..., CompletedProcess[bytes]]:
    """The fleet above with its files for Argo CD; to run commands in it."""
    repo.write(FLEET)

    def run(*arguments: str) -> CompletedProcess[bytes]:
        return typed(*arguments, cwd=repo.path)

    assert run("argocd", "apps").returncode == 0
    return run


def documents(repo: Repo, name: str) -> list[Any]:
    return list(yaml.safe_load_all((repo.path / f"environments/argocd/{name}.yaml").read_text()))


def test_a_project_allows_what_the_apps_need_and_nothing_else(
    fleet: Callable[..., object], repo: Repo
) -> None:
    (dev, _), (prod, _) = documents(repo, "dev"), documents(repo, "prod")
    assert dev["spec"]["sourceRepos"] == [URL]
    assert dev["spec"]["destinations"] == [{"name": "eu-1", "namespace": "web"}]
    assert dev["spec"]["clusterResourceWhitelist"] == [{"group": "", "kind": "Namespace"}]
    server = {"server": "https://10.0.0.1:6443"}
    assert prod["spec"]["destinations"] == [
        {**server, "namespace": "canary-web"},
        {**server, "namespace": "web"},
    ]


def test_an_application_names_its_plugin_with_the_version_and_watches_what_it_reads(
    fleet: Callable[..., object], repo: Repo
) -> None:
    _, made = documents(repo, "dev")
    template = made["spec"]["template"]
    assert template["spec"]["source"]["plugin"] == {"name": f"reconciler-v{__version__}"}
    assert template["spec"]["source"]["targetRevision"] == "HEAD"
    assert template["spec"]["source"]["path"] == "{{ .folder }}"
    assert made["spec"]["goTemplateOptions"] == ["missingkey=error"]
    assert documents(repo, "dev/web") == [
        {
            "app": "web",
            "folder": "environments/dev/web",
            "namespace": "web",
            "paths": ["/environments/dev/web", "/overlays/web"],
        }
    ]


def test_steps_are_taken_one_after_the_other_and_all_other_apps_come_last(
    fleet: Callable[..., object], repo: Repo
) -> None:
    _, made = documents(repo, "prod")
    steps = made["spec"]["strategy"]["rollingSync"]["steps"]
    assert [s["matchExpressions"][0]["values"] for s in steps] == [["1"], ["2"]]
    assert [documents(repo, f"prod/{app}")[0]["step"] for app in ("canary-web", "web")] == [
        "1",
        "2",
    ]
    assert made["spec"]["template"]["spec"]["source"]["targetRevision"] == "trunk"
    assert "strategy" not in documents(repo, "dev")[1]["spec"]


def test_what_an_autoscaler_writes_is_ignored_and_what_is_said_to_be(
    fleet: Callable[..., CompletedProcess[bytes]], repo: Repo
) -> None:
    assert "ignoreDifferences" not in documents(repo, "dev")[1]["spec"]["template"]["spec"]
    repo.write(
        {
            "overlays/web/kustomization.yaml": (
                "resources: [namespace.yaml, workload.yaml, scaler.yaml]\n"
            ),
            "overlays/web/scaler.yaml": SCALER,
        }
    )
    settings = repo.path / "environments/dev/environment.yaml"
    said = "{kind: ConfigMap, managedFieldsManagers: [operator]}"
    settings.write_text(f"{settings.read_text()}reconcile: {{ignoreDifferences: [{said}]}}\n")
    fleet("argocd", "apps", "dev")
    spec = documents(repo, "dev")[1]["spec"]["template"]["spec"]
    assert spec["ignoreDifferences"] == [
        {"kind": "ConfigMap", "managedFieldsManagers": ["operator"]},
        {
            "group": "apps",
            "kind": "Deployment",
            "name": "web",
            "namespace": "web",
            "jsonPointers": ["/spec/replicas"],
        },
    ]
    assert "RespectIgnoreDifferences=true" in spec["syncPolicy"]["syncOptions"]


def test_what_differs_is_named_and_nothing_is_written_with_check(
    fleet: Callable[..., CompletedProcess[bytes]], repo: Repo
) -> None:
    assert fleet("argocd", "apps", "--check").returncode == 0
    file = repo.path / "environments/argocd/dev/web.yaml"
    before = file.read_text().replace("- /overlays/web\n", "")
    file.write_text(before)
    mine = repo.path / "environments/argocd/prod-notifications.yaml"
    mine.write_text("kind: ConfigMap\n")
    (repo.path / "environments/argocd/prod/gone.yaml").write_text(f"{HEAD}app: gone\n")
    done = fleet("argocd", "apps", "--check")
    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        "to change environments/argocd/dev/web.yaml",
        "to remove environments/argocd/prod/gone.yaml",
    ]
    assert file.read_text() == before
    assert b"remove environments/argocd/prod/gone.yaml" not in fleet("argocd", "apps", "dev").stdout
    assert fleet("argocd", "apps", "--check", "dev").returncode == 0
    fleet("argocd", "apps")
    assert fleet("argocd", "apps", "--check").returncode == 0
    assert not (repo.path / "environments/argocd/prod/gone.yaml").exists()
    assert mine.exists()


def test_check_finds_what_an_application_does_not_watch(
    fleet: Callable[..., CompletedProcess[bytes]], repo: Repo
) -> None:
    assert b"argocd/" not in fleet("check").stdout
    kustomization = "resources: [namespace.yaml, workload.yaml, ../api]\n"
    repo.write(
        {
            "overlays/web/kustomization.yaml": kustomization,
            "overlays/api/kustomization.yaml": "configMapGenerator: [{name: c, literals: [a=b]}]\n",
        }
    )
    done = fleet("check", "dev", "--rule", "argocd/*")
    assert done.returncode == 1
    assert done.stdout.decode() == (
        "environments/argocd/dev/web.yaml:5:1: error: the app reads what Argo CD does not watch:"
        " overlays/api [argocd/generate-paths]\n"
        "  to do: reconciler argocd apps dev\n"
    )
    fleet("argocd", "apps", "dev")
    assert fleet("check", "dev", "--rule", "argocd/*").returncode == 0


def test_check_finds_an_app_that_argo_cd_is_not_told_of(
    fleet: Callable[..., CompletedProcess[bytes]], repo: Repo
) -> None:
    entry = FLEET["environments/dev/web/kustomization.yaml"]
    repo.write({"environments/dev/api/kustomization.yaml": entry.replace("web\n", "api\n")})
    done = fleet("check", "dev", "--rule", "argocd/*")
    assert done.returncode == 1
    assert b"there is no environments/argocd/dev/api.yaml [argocd/application]" in done.stdout


def test_a_repository_without_argo_cd_is_told_nothing_of_it(repo: Repo, typed: Run) -> None:
    repo.write(FLEET)
    assert b"argocd/" not in typed("check", cwd=repo.path).stdout


def test_what_argo_cd_is_told_is_no_environment(
    fleet: Callable[..., CompletedProcess[bytes]], repo: Repo
) -> None:
    assert b"argocd" not in fleet("list").stdout
    repo.write({"environments/argocd/environment.yaml": "destination: {cluster: a}\n"})
    done = fleet("list")
    assert done.returncode == 2
    assert b"argocd cannot name an environment" in done.stderr


def test_a_repository_without_a_url_cannot_be_told_of(repo: Repo, typed: Run) -> None:
    nowhere = FLEET["environments/dev/environment.yaml"].partition("\n")[0]
    repo.write(FLEET | {"environments/dev/environment.yaml": nowhere})
    done = typed("argocd", "apps", cwd=repo.path)
    assert done.returncode == 2
    assert b"`repositories`" in done.stderr
    repo.git("remote", "add", "origin", URL)
    assert typed("argocd", "apps", cwd=repo.path).returncode == 0


@pytest.mark.parametrize("path", ["../fleet.git", "fleet.git", "./fleet", "~/fleet"])
def test_a_path_beside_the_clone_is_nothing_to_fetch_from(
    path: str, repo: Repo, typed: Run
) -> None:
    nowhere = FLEET["environments/dev/environment.yaml"].partition("\n")[0]
    repo.write(FLEET | {"environments/dev/environment.yaml": nowhere})
    repo.git("remote", "add", "origin", path)
    done = typed("argocd", "apps", cwd=repo.path)
    assert done.returncode == 2
    assert f"Argo CD cannot fetch from {path}".encode() in done.stderr
    assert b"`repositories`" in done.stderr
    assert not (repo.path / "environments/argocd").exists()
