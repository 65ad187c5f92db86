"""`reconciler run`: how soon it sees a change, and what it takes for how many objects."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cluster import process_variables, testbed
from benchmarks.measure import resident_mib
from reconciler.cluster.blocking_client import BlockingApiClient, connect
from reconciler.cluster.kubeconfig import read_kubeconfig

SIZES = ((25, 4), (250, 4), (2_500, 4), (1_000, 4))  # apps, and objects in each
CHANGES = 30
PATIENCE_SECONDS = 600.0


def running(place: Path, _kustomize: Path) -> Iterator[str]:
    """Keeping 100 to 10,000 objects: until all is well, the memory, and how soon drift is seen."""
    for apps, objects in SIZES:
        folder = place / f"{apps}x{objects}"
        folder.mkdir()
        with testbed(folder) as kubeconfig:
            yield from _measured(folder, kubeconfig, apps, objects)


@dataclass(frozen=True, slots=True)
class Run:
    process: subprocess.Popen[bytes]
    log: Path

    def count(self, message: str) -> int:
        return self.log.read_bytes().count(f'"message": "{message}"'.encode())

    def memory_mib(self) -> float:
        """Of the process and the kernels that it started."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        children = [int(word) for task in tasks for word in task.read_text().split()]
        return sum(map(resident_mib, [self.process.pid, *children]))


def _measured(place: Path, kubeconfig: Path, apps: int, objects: int) -> Iterator[str]:
    repository = _repository(place / "fleet", apps, objects)
    context = read_kubeconfig([str(kubeconfig)]).context()
    with connect(context, {}) as client:
        _namespace(client, "many")
        began = time.perf_counter()
        with _begun(repository, kubeconfig, context.name, place / "log") as run:
            while run.count("well") < apps:
                if time.perf_counter() - began > PATIENCE_SECONDS:
                    raise RuntimeError(run.log.read_text()[-2_000:])
                time.sleep(0.05)
            seconds = time.perf_counter() - began
            time.sleep(3)
            memory = run.memory_mib()
            seen = sorted(_seen(client, run, number) for number in range(CHANGES))
    what = f"{apps:,} apps of {objects} objects"
    yield f"{what}: all well after {seconds:,.1f} s, {memory:,.0f} MiB with the kernel"
    median, most = statistics.median(seen) * 1000, seen[-1] * 1000
    yield f"{what}: a change is told after {median:,.0f} ms (median), {most:,.0f} at most"


def _seen(client: BlockingApiClient, run: Run, number: int) -> float:
    """From when the change was sent until its line stands in the log."""
    before = run.count("changed by somebody")
    path = "/api/v1/namespaces/many/configmaps/a0-0"
    began = time.perf_counter()
    client.merge_patch(path, {"data": {"k": f"by hand {number}"}})
    while run.count("changed by somebody") == before:
        time.sleep(0.001)
    seconds = time.perf_counter() - began
    time.sleep(0.3)  # until it is set back
    return seconds


@contextmanager
def _begun(repository: Path, kubeconfig: Path, context: str, log: Path) -> Iterator[Run]:
    command = [sys.executable, "-m", "reconciler", "run", "prod", "--interval", "3600"]
    command += ["--kubeconfig", str(kubeconfig), "--context", context]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=repository, env=process_variables(), stderr=file, stdout=file
        )
    try:
        yield Run(process, log)
    finally:
        process.kill()
        process.wait()


def _namespace(client: BlockingApiClient, name: str) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    client.create("/api/v1/namespaces", body)


def _repository(path: Path, apps: int, objects: int) -> Path:
    environment = path / "environments/prod"
    environment.mkdir(parents=True)
    (environment / "environment.yaml").write_text(
        "destination: {cluster: prod, namespace: many}\n"
        "reconcile: {conflicts: [{manager: '*', do: take}]}\n"
    )
    for app in range(apps):
        entry = environment / f"a{app}"
        entry.mkdir()
        (entry / "kustomization.yaml").write_text("namespace: many\nresources: [objects.yaml]\n")
        documents = (
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": f"a{app}-{number}"},
                    "data": {"k": "1", "more": "x" * 800},
                }
            )
            for number in range(objects)
        )
        (entry / "objects.yaml").write_text("\n---\n".join(documents))
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@localhost"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "many"]):
        subprocess.run([*git, *words], cwd=path, check=True)
    return path
