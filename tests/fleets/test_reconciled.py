"""Every app of every environment of this repository, kept in a cluster of its own by `run`.

What comes up is well, what somebody changes is set back, what Git drops goes, and after an
uninstall nothing is left but what is never deleted.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.model.fleet import load_fleet
from reconciler.model.paths import AppName
from reconciler.testbed.folder import TestbedFolder
from reconciler.testbed.launch_options import TestbedOptions
from reconciler.testbed.lifecycle import up
from tests.cli.test_run import ROOT, Running, process_variables
from tests.conftest import Repo
from tests.reference import git_settings, tree
from tests.testbed.plugin import Cluster

FLEET = load_fleet(tree())
KEPT = {"Namespace", "CustomResourceDefinition", "PersistentVolumeClaim", "PersistentVolume"}
DRIFT = "app.kubernetes.io/name=somebody"


@pytest.fixture(scope="module")
def own_cluster(
    control_plane: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """The fleets' namespaces are what they are, and other tests have some of these, too."""
    folder = TestbedFolder(tmp_path_factory.mktemp("testbeds"), "fleets")
    with up(folder, TestbedOptions(), control_plane) as running:
        found = Cluster(folder.kubeconfig, "default", folder.bin, running.state.variables)
        for files in (ROOT / "crds", ROOT / "overlays/reconciler/base/definitions.yaml"):
            found.kubectl("apply", "--server-side", "-f", str(files))
        found.kubectl("wait", "--for=condition=Established", "crd", "--all")
        yield found


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """Of this repository as it is on disk, so that what is not committed yet is tried, too."""
    path = tmp_path_factory.mktemp("fleet") / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, path], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "environments", "overlays"], cwd=ROOT, capture_output=True
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes((ROOT / name).read_bytes())
    clone = Repo(path)
    clone.git("remote", "remove", "origin")
    clone.git("checkout", "--quiet", "-B", "main")  # whatever the checkout here is at
    address = git_settings()["GIT_CONFIG_VALUE_0"]
    clone.git("config", "reconciler.repository", address)
    return clone


class Reconciler:
    """One environment, kept; its cluster is called otherwise here than in environment.yaml."""

    def __init__(self, environment: str, clone: Repo, cluster: Cluster, log: Path) -> None:
        self.environment = environment
        self.clone = clone
        config = str(cluster.kubeconfig)
        context = read_kubeconfig([config]).context().name
        self.there = ["--kubeconfig", config, "--context", context]
        with log.open("wb") as file:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-P", "-m", "reconciler", "run", environment),
                    *("--lease", "2"),
                    *("--interval", "1", *self.there),
                ],
                cwd=clone.path,
                env=process_variables(),
                stderr=file,
            )
        self.running = Running(process, log)

    def stop(self) -> None:
        self.running.process.kill()
        self.running.process.wait()

    def type(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "reconciler", *words, *self.there],
            cwd=self.clone.path,
            env=process_variables(),
            capture_output=True,
            text=True,
        )
        said = done.stdout + done.stderr + self.running.log.read_text()
        assert done.returncode == 0, said
        return done.stdout


def inventory(cluster: Cluster, app: str) -> list[list[str]]:
    found = json.loads(
        cluster.kubectl(
            *("-n", "reconciler-system", "get", "configmap", f"inventory.{app}", "-o", "json")
        )
    )
    return [line.split(" ") for line in found["data"]["objects"].splitlines()]


def live(cluster: Cluster, line: list[str]) -> dict[str, Any] | None:
    group, kind, version, namespace, name = line[:5]
    api = kind if group == "-" else f"{kind}.{version.rpartition('/')[2]}.{group}"
    place = [] if namespace == "-" else ["-n", namespace]
    found = cluster.kubectl("get", api, name, *place, "--ignore-not-found", "-o", "json")
    return json.loads(found) if found else None


@pytest.mark.parametrize("environment", [e.name for e in FLEET.environments])
@pytest.mark.timeout(600)
def test_an_environment_comes_up_is_kept_and_goes_again(
    environment: str, clone: Repo, own_cluster: Cluster, tmp_path: Path
) -> None:
    apps = [e.app for e in FLEET.entries if e.environment == environment]
    with ExitStack() as opened:
        kept = Reconciler(environment, clone, own_cluster, tmp_path / "log")
        opened.callback(kept.stop)
        for app in apps:
            kept.type("wait", f"{environment}/{app}", "--for", "healthy", "--timeout", "60s")
            _is_set_back(kept, app, own_cluster)
        _prunes(kept, apps[0], own_cluster)
    for app in apps:
        lines = inventory(own_cluster, f"{environment}.{app}")
        kept.type("uninstall", f"{environment}/{app}", "--yes")
        kept.type("wait", f"{environment}/{app}", "--for", "gone", "--timeout", "120s")
        left = {line[1] for line in lines if live(own_cluster, line)}
        assert left <= KEPT


def _is_set_back(kept: Reconciler, app: str, cluster: Cluster) -> None:
    """A label of ours on a Service, which somebody changes."""
    services = [ln for ln in inventory(cluster, f"{kept.environment}.{app}") if ln[1] == "Service"]
    namespace, name = services[0][3:5]
    cluster.kubectl("-n", namespace, "label", "service", name, "--overwrite", DRIFT)
    told = kept.running.wait_for("changed by somebody", object=f"Service {namespace}/{name}")
    assert told["by"] == "kubectl-label"
    kept.running.wait_for("applied", app=f"{kept.environment}/{app}", changed=1)
    found = live(cluster, services[0])
    assert found
    assert found["metadata"]["labels"]["app.kubernetes.io/name"] != "somebody"


def _prunes(kept: Reconciler, app: AppName, cluster: Cluster) -> None:
    """A ConfigMap more, and then no more."""
    folder = FLEET.environment(kept.environment).entry(app).folder
    file = kept.clone.path / folder / "kustomization.yaml"
    before = file.read_text()
    more = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\ndata: {a: '1'}\n"
    text = before.replace("resources:\n", "resources:\n  - more.yaml\n", 1)
    entry = f"{kept.environment}/{app}"
    kept.clone.commit({f"{folder}/more.yaml": more, f"{folder}/kustomization.yaml": text})
    kept.running.wait_for("applied", app=entry, created=1)
    kept.clone.commit({f"{folder}/kustomization.yaml": before})
    kept.running.wait_for("applied", app=entry, deleted=1)
    lines = inventory(cluster, f"{kept.environment}.{app}")
    assert "more" not in [line[4] for line in lines]
