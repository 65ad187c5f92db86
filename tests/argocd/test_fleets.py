"""The unmodified Argo CD runs all apps of this repository, in three real clusters."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from reconciler import __version__
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.testbed.folder import TestbedFolder
from reconciler.testbed.launch_options import TestbedOptions
from reconciler.testbed.lifecycle import Testbed, up
from reconciler.testbed.loopback import call
from reconciler.yaml.nodes import LOADER
from tests.conftest import Repo
from tests.peers import program
from tests.reference import ROOT, git_settings
from tests.testbed.plugin import Cluster

ENVIRONMENTS = ("dev", "stage", "prod")
APPS = ("gethrelay", "sealed-secrets")
PINNED = git_settings()["GIT_CONFIG_VALUE_0"]
PLUGIN_FILE = ROOT / "argocd-plugin/plugin.yaml"
RECONCILER = str(Path(sys.executable).with_name("reconciler"))
OURS, STOCK = "fleets", "reconciler-stock"
UIDS = "jsonpath={.items[*].metadata.uid}"
TRACKING = "argocd.argoproj.io/tracking-id"


@pytest.fixture
def clusters(
    tmp_path_factory: pytest.TempPathFactory, control_plane: dict[str, Path]
) -> Iterator[dict[str, Cluster]]:
    """A cluster for each environment, with the kinds of Prometheus' operator."""
    base = tmp_path_factory.mktemp("c")
    with ExitStack() as stack, ThreadPoolExecutor() as pool:

        def start(name: str) -> Testbed:
            return stack.enter_context(
                up(TestbedFolder(base, name), TestbedOptions(), control_plane)
            )

        found = {}
        for name, testbed in zip(ENVIRONMENTS, pool.map(start, ENVIRONMENTS), strict=True):
            folder = testbed.folder
            found[name] = Cluster(folder.kubeconfig, "gethrelay", folder.bin)
            found[name].kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
        yield found


def secret(name: str, cluster: Cluster) -> dict[str, Any]:
    """How Argo CD is told of a cluster."""
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    about, user = config["clusters"][0]["cluster"], config["users"][0]["user"]

    def given(values: dict[str, Any], field: str) -> str:
        if f"{field}-data" in values:
            return str(values[f"{field}-data"])
        return base64.b64encode((cluster.kubeconfig.parent / values[field]).read_bytes()).decode()

    tls = {
        "caData": given(about, "certificate-authority"),
        "certData": given(user, "client-certificate"),
        "keyData": given(user, "client-key"),
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": f"cluster-{name}",
            "namespace": "argocd",
            "labels": {"argocd.argoproj.io/secret-type": "cluster"},
        },
        "stringData": {
            "name": name,
            "server": about["server"],
            "config": json.dumps({"tlsClientConfig": tls}),
        },
    }


@pytest.fixture
def fleets(tmp_path: Path) -> Repo:
    """A clone of this repository as it is on disk, which Argo CD reads."""
    subprocess.run(["git", "clone", "-q", ROOT, tmp_path / "clone"], check=True)
    repo = Repo(tmp_path / "clone")
    for folder in ("environments", "overlays", "crds"):
        subprocess.run(["cp", "-R", ROOT / folder, repo.path], check=True)
    return repo


def tell(repo: Repo, plugin: str) -> str:
    """What Argo CD is told, written by the command for this plugin; the new commit."""
    for name in ENVIRONMENTS:
        file = repo.path / f"environments/{name}/environment.yaml"
        text = file.read_text().partition("\nargocd:")[0]
        if name == "dev" and "repositories" not in text:
            text += f"\nrepositories: ['file://{repo.path}']\n"
        steps = ", steps: [sealed-secrets]" if name == "prod" else ""
        file.write_text(f"{text.rstrip()}\n\nargocd: {{plugin: {plugin}{steps}}}\n")
    command = [RECONCILER, "argocd", "apps"]
    subprocess.run(command, cwd=repo.path, check=True, capture_output=True, env=variables())
    return repo.commit()


def variables(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **git_settings(), **more}


@contextmanager
def plugins(testbed: Testbed, work: Path) -> Iterator[None]:
    """The sidecar, and Argo CD's own server with our plugin file; both may follow pins."""
    sockets = testbed.folder.path / "argocd/plugins"
    allowed = ["--allow-repository", PINNED]
    file = yaml.safe_load(PLUGIN_FILE.read_text())
    file["spec"]["generate"]["args"] = file["spec"]["parameters"]["dynamic"]["args"] = allowed
    (work / "plugin.yaml").write_text(yaml.safe_dump(file))
    ours = [RECONCILER, "cmp-server", "--name", OURS, *allowed]
    stock = [str(program("argocd")), "--config-dir-path", str(work)]
    told = variables(
        ARGOCD_BINARY_NAME="argocd-cmp-server",
        ARGOCD_PLUGINSOCKFILEPATH=str(sockets),
        ARGOCD_CMP_WORKDIR=str(work),
        RECONCILER_CACHE=str(work / "cache"),
        PATH=f"{testbed.folder.bin}:{os.environ['PATH']}",
    )
    running = []
    try:
        for number, command in enumerate((ours, stock)):
            with open(work / f"log-{number}", "w") as log:
                running.append(subprocess.Popen(command, env=told, stdout=log, stderr=log))
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


class ArgoCD:
    """Argo CD as its users see it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.url = f"http://{cluster.variables['ARGOCD_SERVER']}/api/v1"

    def kubectl(self, *arguments: str, **options: Any) -> str:
        return self.cluster.kubectl(*arguments, "-n", "argocd", **options)

    def anybody_may_ask(self) -> None:
        for name, data in (
            ("argocd-cm", {"users.anonymous.enabled": "true"}),
            ("argocd-rbac-cm", {"policy.default": "role:admin"}),
        ):
            patch = json.dumps({"data": data})
            self.kubectl("patch", "configmap", name, "--type=merge", f"--patch={patch}")

    def tell(self, repo: Repo) -> None:
        self.cluster.kubectl("apply", "-k", str(repo.path / "environments/argocd"))
        self.kubectl(
            "annotate", "applicationset", "--all", "--overwrite",
            "argocd.argoproj.io/application-set-refresh=true",
        )  # fmt: skip

    def runs(self, name: str, commit: str, plugin: str) -> None:
        """The app is Synced to this commit by this plugin, and Healthy."""
        about = f"application/{name}"
        self.kubectl("wait", "--for=create", about, "--timeout=90s")
        named = "jsonpath={.status.sync.comparedTo.source.plugin.name}"
        self.kubectl("wait", f"--for={named}={plugin}-v{__version__}", about, "--timeout=90s")
        for condition in (
            f"jsonpath={{.status.sync.revision}}={commit}",
            "jsonpath={.status.sync.status}=Synced",
            "jsonpath={.status.health.status}=Healthy",
        ):
            self.kubectl("wait", f"--for={condition}", about, "--timeout=120s")

    def refresh(self, *names: str) -> None:
        for name in names:
            self.kubectl(
                "annotate", f"application/{name}", "--overwrite",
                "argocd.argoproj.io/refresh=normal",
            )  # fmt: skip

    def manifests(self, name: str) -> list[Any]:
        """What its repo-server gives for an app, without its own mark."""
        found = call("GET", f"{self.url}/applications/{name}/manifests")["manifests"]
        objects = [json.loads(text) for text in found]
        for o in objects:
            o["metadata"].get("annotations", {}).pop(TRACKING, None)
        return [plain(o) for o in objects]

    def parameters(self, repo: Repo, path: str, plugin: str) -> dict[str, Any]:
        url = f"file://{repo.path}"
        source = {"repoURL": url, "path": path, "targetRevision": "HEAD"}
        body = {
            "source": {**source, "plugin": {"name": f"{plugin}-v{__version__}"}},
            "appName": "gethrelay-dev",
            "appProject": "dev",
        }
        found = call("POST", f"{self.url}/repositories/{quote(url, safe='')}/appdetails", body)
        announced: list[dict[str, Any]] = found["plugin"]["parametersAnnouncement"]
        return {p["name"]: p for p in announced}


def plain(o: Any) -> Any:
    """Without empty mappings, which the mark's removal may leave."""
    if not o["metadata"].get("annotations", True):
        del o["metadata"]["annotations"]
    return o


def built(kustomize: Callable[..., Any], folder: Path) -> list[Any]:
    done = kustomize(folder)
    assert done.returncode == 0, done.stderr
    return [plain(o) for o in yaml.load_all(done.stdout, LOADER)]


def in_order(objects: list[Any]) -> list[str]:
    return sorted(json.dumps(o, sort_keys=True, default=str) for o in objects)


@pytest.mark.timeout(600)
def test_argo_cd_runs_the_fleets_of_this_repository(
    argocd: Cluster,
    testbed: Testbed,
    clusters: dict[str, Cluster],
    fleets: Repo,
    tmp_path: Path,
    kustomize: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable, value in git_settings().items():
        monkeypatch.setenv(variable, value)
    argo = ArgoCD(argocd)
    argo.anybody_may_ask()
    for name, cluster in clusters.items():
        argo.kubectl("apply", "-f", "-", stdin=json.dumps(secret(name, cluster)))
    with plugins(testbed, tmp_path):
        for plugin in (STOCK, OURS):
            commit = tell(fleets, plugin)
            argo.tell(fleets)
            for environment in ENVIRONMENTS:
                for app in APPS:
                    argo.runs(f"{app}-{environment}", commit, plugin)
                    expected = built(kustomize, fleets.path / f"environments/{environment}/{app}")
                    found = argo.manifests(f"{app}-{environment}")
                    assert in_order(found) == in_order(expected)
            shown = argo.parameters(fleets, "environments/dev/gethrelay", plugin)
            assert "ghcr.io/ethereum/gethrelay:1.0.0" in shown["images"]["array"]
            assert shown["checks"]["title"] == "Checks"
        _goes_on(argo, clusters, fleets)
    argo.kubectl("delete", "applicationset", *ENVIRONMENTS)
    ours = [f"application/{app}-{e}" for e in ENVIRONMENTS for app in APPS]
    argo.kubectl("wait", "--for=delete", *ours, "--timeout=90s")
    argo.kubectl("delete", "secret", *(f"cluster-{name}" for name in ENVIRONMENTS))
    for environment in ("dev", "prod"):
        _is_taken_over(environment, clusters[environment], fleets)


def _is_taken_over(environment: str, cluster: Cluster, fleets: Repo) -> None:
    """What Argo CD made is as `apply` makes it of the same commit, and no pod notices."""
    context = read_kubeconfig([str(cluster.kubeconfig)]).context().name
    there = ["--kubeconfig", str(cluster.kubeconfig), "--context", context]

    def typed(*words: str) -> str:
        command = [RECONCILER, *words, *there]
        done = subprocess.run(
            command, cwd=fleets.path, capture_output=True, text=True, env=variables()
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    pods = cluster.kubectl("get", "pods", "-A", "-o", UIDS)
    assert pods
    made = as_made(cluster)
    assert made
    for app in APPS:
        assert " taken over" in typed("adopt", f"{environment}/{app}")
        said = typed("apply", f"{environment}/{app}").splitlines()[0]
        assert "created" not in said
        assert "deleted" not in said
    assert as_made(cluster) == made
    assert cluster.kubectl("get", "pods", "-A", "-o", UIDS) == pods


def as_made(cluster: Cluster) -> dict[str, Any]:
    """All that Argo CD applied, without what says who applied it, and how it is."""
    kinds = cluster.kubectl("api-resources", "--verbs=list", "-o", "name").split()
    shown = ",".join(sorted({*kinds} - {"events", "events.events.k8s.io"}))
    found = {}
    for o in json.loads(cluster.kubectl("get", shown, "-A", "-o", "json"))["items"]:
        metadata = o["metadata"]
        annotations, labels = metadata.pop("annotations", {}), metadata.pop("labels", {})
        if TRACKING not in annotations:
            continue
        for name in ("managedFields", "resourceVersion"):
            metadata.pop(name, None)
        for name in (TRACKING, "kubectl.kubernetes.io/last-applied-configuration"):
            annotations.pop(name, None)
        labels.pop("reconciler.dev/app", None)
        o.pop("status", None)
        said = {**o, "annotations": annotations, "labels": labels}
        found[f"{o['apiVersion']} {o['kind']} {metadata.get('namespace')} {metadata['name']}"] = (
            said
        )
    return found


def _goes_on(argo: ArgoCD, clusters: dict[str, Cluster], fleets: Repo) -> None:
    """It follows commits, prunes, sets back what is changed by hand, and says what is wrong."""
    dev = clusters["dev"]
    base = fleets.path / "overlays/gethrelay/base"
    kustomization = (base / "kustomization.yaml").read_text()
    assert dev.kubectl("get", "podmonitor", "-n", "gethrelay", "-o", "name")
    pruned = kustomization.replace("  - pod-monitor.yaml\n", "")
    fleets.write({"overlays/gethrelay/base/kustomization.yaml": pruned})
    entry = fleets.path / "environments/prod/gethrelay/kustomization.yaml"
    changed = entry.read_text().replace("MAX_PEERS=200", "MAX_PEERS=250")
    broken = "environments/stage/gethrelay/kustomization.yaml"
    before = (fleets.path / broken).read_text()
    fleets.write(
        {
            "environments/prod/gethrelay/kustomization.yaml": changed,
            broken: f"{before}\npatchs: []\n",
        }
    )
    commit = fleets.commit()
    argo.refresh(*(f"gethrelay-{e}" for e in ENVIRONMENTS), "sealed-secrets-dev")
    argo.runs("gethrelay-dev", commit, OURS)
    argo.runs("sealed-secrets-dev", commit, OURS)
    dev.wait("delete", "podmonitor", "--all")

    argo.runs("gethrelay-prod", commit, OURS)
    configuration = clusters["prod"].get("configmap")["items"]
    assert "250" in {c["data"].get("MAX_PEERS") for c in configuration}

    relay = dev.get("deployments")["items"][0]["metadata"]["name"]
    dev.kubectl("scale", "-n", "gethrelay", f"deploy/{relay}", "--replicas=0")
    dev.wait("jsonpath={.spec.replicas}=1", f"deploy/{relay}")

    argo.kubectl(
        "wait", "--for=jsonpath={.status.conditions[0].type}=ComparisonError",
        "application/gethrelay-stage", "--timeout=120s",
    )  # fmt: skip
    found = json.loads(argo.kubectl("get", "application", "gethrelay-stage", "-o", "json"))
    assert f"{broken}:" in found["status"]["conditions"][0]["message"]
