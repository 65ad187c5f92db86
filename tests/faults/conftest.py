"""A fleet of its own, kept by real processes that speak to a real API server through proxies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.test_run import Running
from tests.conftest import Repo
from tests.faults.proxy import FaultProxy
from tests.testbed.plugin import Cluster

ROOT = Path(__file__).parents[2]
DEFINITIONS = ROOT / "overlays/reconciler/base/definitions.yaml"

Begin = Callable[..., Running]


@dataclass(frozen=True, slots=True)
class Fleet:
    """One environment, called as the namespace is in which all its apps have their objects."""

    repo: Repo
    cluster: Cluster

    @property
    def name(self) -> str:
        return self.cluster.namespace

    def say(self, settings: str = "", **apps: str | None) -> str:
        """The manifests of apps, committed; None takes an app away."""
        files = {}
        folder = f"environments/{self.name}"
        text = f"destination:\n  cluster: one\n  namespace: {self.name}\n{settings}"
        for app, manifests in apps.items():
            if manifests is None:
                self.repo.git("rm", "-r", "--quiet", f"{folder}/{app}")
                continue
            files[f"{folder}/{app}/kustomization.yaml"] = "resources: [objects.yaml]\n"
            files[f"{folder}/{app}/objects.yaml"] = manifests
        return self.repo.commit({f"{folder}/environment.yaml": text, **files})

    def values(self, app: str) -> dict[str, str]:
        """What the ConfigMaps of an app say, by their names."""
        labelled = ("-l", f"reconciler.dev/app={self.name}.{app}")
        items = self.cluster.get("configmaps", *labelled)["items"]
        return {item["metadata"]["name"]: item["data"]["k"] for item in items}

    def lines(self, app: str) -> dict[str, list[str]]:
        """The inventory, by kind and name; nothing where there is none."""
        found = self.cluster.kubectl(
            *("get", "configmap", f"inventory.{self.name}.{app}", "-n", "reconciler-system"),
            *("-o", "json", "--ignore-not-found"),
        )
        text = json.loads(found)["data"]["objects"] if found else ""
        return {f"{w[1]} {w[4]}": w for w in (line.split(" ") for line in text.splitlines())}


def configs(value: str, *names: str) -> str:
    return "---\n".join(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{k: '{value}'}}\n"
        for name in names
    )


@pytest.fixture
def fleet(repo: Repo, cluster: Cluster) -> Fleet:
    return Fleet(repo, cluster)


@pytest.fixture
def definitions(cluster: Cluster) -> None:
    """What shows apps in the cluster."""
    cluster.kubectl("apply", "--server-side", "-f", str(DEFINITIONS))
    for kind in ("reconciledapps", "reconciledenvironments"):
        cluster.kubectl("wait", "--for=condition=Established", f"crd/{kind}.reconciler.dev")


@pytest.fixture
def proxies(
    request: pytest.FixtureRequest, cluster: Cluster
) -> Iterator[Callable[[str], FaultProxy]]:
    shown: list[FaultProxy] = []
    request.node.proxies = shown
    with ExitStack() as opened:

        def start(name: str) -> FaultProxy:
            shown.append(opened.enter_context(FaultProxy(cluster.kubeconfig, name)))
            return shown[-1]

        yield start


@pytest.fixture
def proxy(proxies: Callable[[str], FaultProxy]) -> FaultProxy:
    return proxies("proxy")


@pytest.fixture
def begin(fleet: Fleet, tmp_path: Path) -> Iterator[Begin]:
    """`reconciler run` through a proxy, in a process that ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def run(proxy: FaultProxy, *arguments: str) -> Running:
        log = tmp_path / f"log{len(started)}"
        kubeconfig = proxy.kubeconfig(tmp_path)
        with log.open("wb") as file:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "reconciler", "run", fleet.name),
                    *("--kubeconfig", str(kubeconfig), "--context", proxy.name, *arguments),
                ],
                cwd=fleet.repo.path,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stderr=file,
            )
        started.append(process)
        return Running(process, log)

    yield run
    for process in started:
        process.kill()
        process.wait()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failure shows the last that went through each proxy."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    for proxy in getattr(item, "proxies", ()) if report.failed else ():
        text = "\n".join(str(request) for request in [*proxy.requests][-60:])
        report.sections.append((f"end of what {proxy.name} saw", text))
