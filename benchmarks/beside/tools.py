"""The three tools: how each is told to keep a set, that there is news, and what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from benchmarks.beside import flux_peers
from benchmarks.beside.repository import ENVIRONMENT, ROOTS, SharedRepository
from benchmarks.beside.sets import BrokenSet
from reconciler.testbed.folder import TestbedFolder
from reconciler.testbed.processes import spawn

PACKAGES = Path(__file__).parents[2]
FLUX, SOURCE = "flux-system", "beside"


class Tool(Protocol):
    """What keeps all the sets, in namespaces that begin with its name."""

    name: str

    def keep(self, sets: Iterable[BrokenSet]) -> None:
        """Begin with it."""

    def wake(self, sets: Iterable[BrokenSet]) -> None:
        """Say that there is a new commit, as a forge's webhook would."""

    def said(self, one: BrokenSet) -> str:
        """What it says of this set now, in its own words."""


class Kubectl:
    def __init__(self, folder: TestbedFolder) -> None:
        self._command = [str(folder.bin / "kubectl"), "--kubeconfig", str(folder.kubeconfig)]

    def __call__(self, *words: str, stdin: object = None) -> str:
        done = subprocess.run(
            [*self._command, *words],
            input=None if stdin is None else json.dumps(stdin),
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"kubectl {' '.join(words)}: {done.stderr}")
        return done.stdout

    def apply(self, items: Iterable[dict[str, Any]]) -> None:
        many = {"apiVersion": "v1", "kind": "List", "items": list(items)}
        self("apply", "--server-side", "-f", "-", stdin=many)

    def get(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("get", *words, "-o", "json"))
        return found


class ArgoCd:
    name = "argocd"

    def __init__(self, kubectl: Kubectl, repository: SharedRepository) -> None:
        self._kubectl, self._url = kubectl, repository.url

    def keep(self, sets: Iterable[BrokenSet]) -> None:
        self._kubectl.apply(
            application(
                *(one.name, self._url, f"{ROOTS[self.name]}/{one.name}"),
                one.namespace(self.name, 1),
                ["ServerSideApply=true"],
            )
            for one in sets
        )

    def wake(self, sets: Iterable[BrokenSet]) -> None:
        names = [one.name for one in sets]
        self._kubectl(
            *("annotate", "applications", *names, "--namespace", "argocd", "--overwrite"),
            "argocd.argoproj.io/refresh=normal",
        )

    def said(self, one: BrokenSet) -> str:
        status = self._kubectl.get("application", one.name, "-n", "argocd").get("status", {})
        words = [c["message"] for c in status.get("conditions", [])]
        operation = status.get("operationState", {})
        if not words or operation.get("phase") != "Succeeded":
            words.append(operation.get("message", ""))
        states = f"{status['sync']['status']}, {status['health']['status']}"
        return f"{states}: {'; '.join(words)}"


class Flux:
    name = "flux"

    def __init__(
        self, kubectl: Kubectl, repository: SharedRepository, folder: TestbedFolder, place: Path
    ) -> None:
        self._kubectl, self._url = kubectl, repository.url
        start_flux(kubectl, folder, place)

    def keep(self, sets: Iterable[BrokenSet]) -> None:
        folders = {one.name: f"{ROOTS[self.name]}/{one.name}" for one in sets}
        self._kubectl.apply([source(self._url), *map(kustomization, folders, folders.values())])

    def wake(self, sets: Iterable[BrokenSet]) -> None:
        tell_flux(self._kubectl)

    def said(self, one: BrokenSet) -> str:
        status = self._kubectl.get("kustomization", one.name, "-n", FLUX).get("status", {})
        ready = next(c for c in status["conditions"] if c["type"] == "Ready")
        return f"Ready={ready['status']}: {ready['message']}"


class Ours:
    name = "ours"

    def __init__(self, repository: SharedRepository, folder: TestbedFolder, place: Path) -> None:
        self._log = place / "reconciler.log"
        self._place = place
        self._folder = folder
        self._url = repository.url

    def keep(self, sets: Iterable[BrokenSet]) -> None:
        spawn(
            [
                *(sys.executable, "-m", "reconciler", "run", ENVIRONMENT, "--interval", "2"),
                *("--root", str(self._place / "clone"), "--clone", self._url),
                *("--kubeconfig", str(self._folder.kubeconfig)),
                *("--context", f"testbed-{self._folder.name}"),
            ],
            log=self._log,
            cwd=self._place,
            environment={**os.environ, "PYTHONPATH": str(PACKAGES)},
        )

    def wake(self, sets: Iterable[BrokenSet]) -> None:
        """It looks every two seconds."""

    def said(self, one: BrokenSet) -> str:
        lines = (json.loads(line) for line in self._log.read_text().splitlines() if line[:1] == "{")
        about = [line for line in lines if line.get("app") == f"{ENVIRONMENT}/{one.name}"]
        syncs = [n for n, line in enumerate(about) if "applied" in line["message"]]
        said = {line["message"]: line for line in about[syncs[-1] if syncs else 0 :]}
        if about and about[-1]["message"] == "well":
            said.pop("not well", None)
        return "; ".join(_in_words(line) for line in said.values())


def _in_words(line: dict[str, Any]) -> str:
    kept = {k: v for k, v in line.items() if k not in ("time", "level", "app", "commit", "message")}
    return f"{line['message']}: " + ", ".join(f"{k} {v}" for k, v in kept.items())


def application(
    name: str, url: str, path: str, namespace: str, options: Sequence[str]
) -> dict[str, Any]:
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {"repoURL": url, "path": path, "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace},
            "syncPolicy": {
                "automated": {"prune": True, "selfHeal": True},
                "syncOptions": [*options],
            },
        },
    }


def source(url: str) -> dict[str, Any]:
    """What all Kustomizations of Flux read."""
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"name": SOURCE, "namespace": FLUX},
        "spec": {"interval": "1m", "url": url, "ref": {"branch": "main"}},
    }


def kustomization(name: str, path: str) -> dict[str, Any]:
    return {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": name, "namespace": FLUX},
        "spec": {
            "interval": "1m",
            "path": f"./{path}",
            "prune": True,
            "sourceRef": {"kind": "GitRepository", "name": SOURCE},
        },
    }


def tell_flux(kubectl: Kubectl) -> None:
    kubectl(
        *("annotate", "gitrepository", SOURCE, "--namespace", FLUX, "--overwrite"),
        f"reconcile.fluxcd.io/requestedAt={time.time()}",
    )


def start_flux(kubectl: Kubectl, folder: TestbedFolder, place: Path) -> None:
    kubectl.apply(flux_peers.definitions())
    kubectl("create", "namespace", FLUX)
    for name, command in flux_peers.commands(place).items():
        spawn(
            command,
            log=place / f"{name}.log",
            cwd=place,
            environment={
                **os.environ,
                "KUBECONFIG": str(folder.kubeconfig),
                "RUNTIME_NAMESPACE": FLUX,
                "TMPDIR": str(place),
            },
        )
