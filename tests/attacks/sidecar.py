"""The plugin's server as a process, and users of Applications who mean no good."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

import grpc

from reconciler.argocd.plugin_pb2 import AppStreamRequest
from tests.argocd.client import DEPLOYMENT, FLEET, WEB, Plugin, archive, messages

MIB = 1 << 20
_numbers = count(100)


@dataclass(frozen=True, slots=True)
class User:
    """Who may sync an Application of a project."""

    plugin: Plugin
    project: str
    app: str = "web"

    def ask(self, content: bytes, path: str) -> str:
        """What is generated, or how it is refused."""
        try:
            found = self.plugin.call("GenerateManifest", self._stream(content, path), seconds=None)
        except grpc.RpcError as e:
            return f"{e.code().name} {e.details()}"
        return "---\n".join(found.manifests)

    def deploy(self) -> str:
        """Generate the usual app, but for a version that nobody has rendered before."""
        image = f"web:{next(_numbers)}"
        deployment = DEPLOYMENT.replace("web:1", image)
        files = {**FLEET, "overlays/web/deployment.yaml": deployment}
        return self.ask(archive(files), WEB).replace(image, "web:1")

    def _stream(self, content: bytes, path: str) -> Iterator[AppStreamRequest]:
        environment = {"ARGOCD_APP_PROJECT_NAME": self.project, "ARGOCD_APP_NAME": self.app}
        first, *rest = messages(content, path, environment, chunk=1 << 16)
        first.metadata.appName = self.app
        yield first
        yield from rest


@dataclass(slots=True)
class Beside:
    """How somebody fared while others were attacking."""

    attack_seconds: float = 0.0
    worst: float = 0.0
    asked: int = 0
    answers: list[str] = field(default_factory=list)


def beside(victim: User, attacks: list[tuple[User, bytes, str]], *, want: int = 3) -> Beside:
    """Ask as the victim for as long as the attacks are under way."""
    found = Beside()
    with ThreadPoolExecutor(len(attacks)) as pool:
        began = time.monotonic()
        under_way: list[Future[str]] = [pool.submit(u.ask, c, p) for u, c, p in attacks]
        while found.asked < want or not all(a.done() for a in under_way):
            asked = time.monotonic()
            assert victim.deploy() == DEPLOYMENT
            found.worst = max(found.worst, time.monotonic() - asked)
            found.asked += 1
        found.answers = [a.result() for a in under_way]
        found.attack_seconds = time.monotonic() - began
    print(found)
    return found


def tower(levels: int = 12, **more: str) -> dict[str, str]:
    """Small, and endless: each folder leads to three others, which lead to the same three."""
    folders = {}
    for level in range(levels):
        below = [f"../l{level + 1}{letter}" for letter in "abc"]
        for letter in "abc":
            folders[f"l{level}{letter}/kustomization.yaml"] = f"resources: {below}\n"
    leaves = {f"l{levels}{letter}/kustomization.yaml": "namePrefix: x-\n" for letter in "abc"}
    top = "".join(f"{k}: {v}\n" for k, v in more.items())
    return {**folders, **leaves, "top/kustomization.yaml": f"resources: [../l0a]\n{top}"}


def crowd(number: int, count: int = 20_000) -> bytes:
    """Upstream compares each object with each other one, and looks at nothing else meanwhile."""
    objects = "---\n".join(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m{i}\n" for i in range(count)
    )
    files = {"top/kustomization.yaml": "resources: [r.yaml]\n", "top/r.yaml": objects}
    return archive({**files, "number": str(number)})


def tree_of(pid: int) -> list[int]:
    """A process and its children."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [p for child in task.read_text().split() for p in tree_of(int(child))]
    return found


def resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    except (OSError, IndexError):
        return 0


@contextmanager
def peak_of(plugin: Plugin) -> Iterator[dict[str, Any]]:
    """The most memory that the server and its kernels have at one time, and the server alone."""
    peak: dict[str, Any] = {"all": 0, "server": 0, "kernels": 0}
    stop = Event()

    def look() -> None:
        while not stop.wait(0.005):
            each = [resident(pid) for pid in tree_of(plugin.pid)]
            peak["all"] = max(peak["all"], sum(each))
            peak["server"] = max(peak["server"], each[0])
            peak["kernels"] = max(peak["kernels"], *each[1:], 0)

    thread = Thread(target=look)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()
        print({k: f"{v >> 20} MiB" for k, v in peak.items()})
