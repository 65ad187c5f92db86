"""The other tools: how each deploys a folder of Git, and how it lets go of what it deployed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.beside.adoption.versions import OTHERS
from benchmarks.beside.helm_peer import helm
from benchmarks.beside.tools import FLUX, Kubectl, application, kustomization, source, tell_flux
from reconciler.testbed.folder import TestbedFolder


@dataclass(frozen=True, slots=True)
class DeployedFolder:
    """A folder in a clone of a repository, with a kustomization, and where it goes."""

    clone: Path
    path: str
    url: str
    namespace: str

    @property
    def on_disk(self) -> str:
        return str(self.clone / self.path)


class Way(Protocol):
    """`name` is the row's name on the page, and `key` that of the app."""

    name: str
    key: str

    def deploy(self, folder: DeployedFolder, number: int) -> None:
        """As its users would, and the second version over the first."""

    def stop(self) -> None:
        """What the page says to do before."""

    def forget(self) -> None:
        """What it says to do when all is well."""


class ByKubectl:
    def __init__(self, key: str, kubectl: Kubectl, first: Sequence[str], then: Sequence[str]):
        self.key = key
        self.name = f"kubectl {_in_turn([' '.join(first), ' '.join(then)])}"
        self._kubectl = kubectl
        self._words = dict(zip(OTHERS, (first, then), strict=True))

    def deploy(self, folder: DeployedFolder, number: int) -> None:
        self._kubectl(*self._words[number], "--kustomize", folder.on_disk)

    def stop(self) -> None:
        """Nothing to do."""

    def forget(self) -> None:
        """Nothing to do."""


class ByHelm:
    def __init__(
        self, key: str, kubectl: Kubectl, program: Path, kubeconfig: Path, on_server: Sequence[bool]
    ) -> None:
        self.key = key
        options = [f"--server-side={str(one).lower()}" for one in on_server]
        self.name = f"helm {_in_turn(options)}"
        self._options = dict(zip(OTHERS, options, strict=True))
        self._kubectl, self._program = kubectl, program
        self._kubeconfig = kubeconfig
        self._chart = program.parent / key
        self._namespace = ""

    def deploy(self, folder: DeployedFolder, number: int) -> None:
        self._namespace = folder.namespace
        shutil.rmtree(self._chart, ignore_errors=True)
        (self._chart / "templates").mkdir(parents=True)
        chart = {"apiVersion": "v2", "name": "shop", "version": f"{number}.0.0"}
        (self._chart / "Chart.yaml").write_text(json.dumps(chart))
        manifest = self._kubectl("kustomize", folder.on_disk)
        (self._chart / "templates/all.yaml").write_text(manifest)
        words = ("upgrade", "--install", "shop", str(self._chart), self._options[number])
        subprocess.run(
            [self._program, *words, "--namespace", folder.namespace],
            env={**os.environ, "KUBECONFIG": str(self._kubeconfig), "HOME": str(self._chart)},
            check=True,
            capture_output=True,
        )

    def stop(self) -> None:
        """Nothing to do: it works only when it is called."""

    def forget(self) -> None:
        self._kubectl(
            *("delete", "secret", "--selector", "owner=helm,name=shop"),
            *("--namespace", self._namespace),
        )


class ByFlux:
    name, key = "Flux", "flux"

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl

    def deploy(self, folder: DeployedFolder, number: int) -> None:
        if number == OTHERS[0]:
            self._kubectl.apply([source(folder.url), kustomization(self.key, folder.path)])
        tell_flux(self._kubectl)

    def stop(self) -> None:
        about = ("kustomization", self.key, "--namespace", FLUX)
        for spec in ({"suspend": True}, {"prune": False}):
            self._kubectl("patch", *about, "--type=merge", "--patch", json.dumps({"spec": spec}))
        self._kubectl("delete", *about)

    def forget(self) -> None:
        """Nothing is left of it."""


class ByArgoCd:
    def __init__(
        self, key: str, kubectl: Kubectl, program: Path, server: str, home: Path, *options: str
    ) -> None:
        self.key = key
        self.name = ", ".join(("Argo CD", *options))
        self._options = options
        self._kubectl, self._program, self._server = kubectl, program, server
        self._home = home

    def deploy(self, folder: DeployedFolder, number: int) -> None:
        if number == OTHERS[0]:
            self._home.mkdir(exist_ok=True)
            self._kubectl.apply(
                [application(self.key, folder.url, folder.path, folder.namespace, self._options)]
            )
        self._kubectl(
            *("annotate", "application", self.key, "--namespace", "argocd", "--overwrite"),
            "argocd.argoproj.io/refresh=normal",
        )

    def stop(self) -> None:
        subprocess.run(
            [
                *(self._program, "app", "delete", self.key, "--cascade=false", "--yes"),
                *("--server", self._server, "--plaintext"),
            ],
            env={**os.environ, "HOME": str(self._home), "ARGOCD_BINARY_NAME": "argocd"},
            check=True,
            capture_output=True,
        )
        self._kubectl("wait", "--for=delete", f"application/{self.key}", "--namespace", "argocd")

    def forget(self) -> None:
        """Nothing is left of it."""


def all_ways(kubectl: Kubectl, folder: TestbedFolder, place: Path) -> list[Way]:
    """Helm and kubectl also go over to server-side apply, as Helm 4 does with a release of 3."""
    state = folder.state()
    assert state
    apply, on_server = ("apply",), ("apply", "--server-side")
    chart = (kubectl, helm(place), folder.kubeconfig)
    home = place / "argocd"
    application = (kubectl, folder.bin / "argocd", state.variables["ARGOCD_SERVER"], home)
    return [
        ByKubectl("kubectl-client", kubectl, apply, apply),
        ByKubectl("kubectl-server", kubectl, on_server, on_server),
        ByKubectl("kubectl-mixed", kubectl, apply, (*on_server, "--force-conflicts")),
        ByKubectl("kubectl-create", kubectl, ("create",), ("replace",)),
        ByHelm("helm-client", *chart, on_server=(False, False)),
        ByHelm("helm-server", *chart, on_server=(True, True)),
        ByHelm("helm-mixed", *chart, on_server=(False, True)),
        ByFlux(kubectl),
        ByArgoCd("argocd-client", *application),
        ByArgoCd("argocd-server", *application, "ServerSideApply=true"),
    ]


def anybody_may_ask_argo_cd(kubectl: Kubectl) -> None:
    """So that its command needs no login."""
    settings: dict[str, dict[str, Any]] = {
        "argocd-cm": {"users.anonymous.enabled": "true"},
        "argocd-rbac-cm": {"policy.default": "role:admin"},
    }
    for name, data in settings.items():
        kubectl(
            *("patch", "configmap", name, "--namespace", "argocd", "--type=merge"),
            *("--patch", json.dumps({"data": data})),
        )


def _in_turn(words: Sequence[str]) -> str:
    return ", then ".join(dict.fromkeys(words))
