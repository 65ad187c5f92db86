"""A cluster made what Git says, beside kubectl, on one API server."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reconciler.testbed.assembly import programs_of
from reconciler.testbed.folder import TestbedFolder
from reconciler.testbed.launch_options import TestbedOptions
from reconciler.testbed.lifecycle import down, up
from tests.peers import compiled

OBJECTS = 1_000
RUNS = 3


def cluster(place: Path, _kustomize: Path) -> Iterator[str]:
    """A thousand objects of one app, from nothing and with nothing to do, beside kubectl."""
    with testbed(place) as kubeconfig:
        yield from _measured(place, str(kubeconfig), compiled("kubectl"))


@contextmanager
def testbed(place: Path) -> Iterator[Path]:
    """The kubeconfig of a control plane of its own."""
    folder = TestbedFolder(place, "bench")
    options = TestbedOptions()
    programs = {name: compiled(name) for name in programs_of(options)}
    started = up(folder, options, programs)
    try:
        yield folder.path / "kubeconfig"
    finally:
        started.close()
        down(folder)


def _measured(place: Path, kubeconfig: str, kubectl: Path) -> Iterator[str]:
    repository = _repository(place / "fleet")
    context = subprocess.check_output(
        [kubectl, "--kubeconfig", kubeconfig, "config", "current-context"], text=True
    ).strip()
    ours = [sys.executable, "-m", "reconciler", "apply", "prod"]
    ours += ["--kubeconfig", kubeconfig, "--context", context, "--no-check"]
    theirs = [str(kubectl), "--kubeconfig", kubeconfig]
    manifest = place / "manifest.yaml"
    render = [sys.executable, "-m", "reconciler", "render", "prod/many"]
    manifest.write_bytes(subprocess.check_output(render, cwd=repository, env=process_variables()))
    apply = [*theirs, "apply", "--server-side", "-f", str(manifest)]
    places = ("many", "reconciler-system")
    remove, forget = (
        [*theirs, "delete", "--raw", f"/api/v1/namespaces/{name}/configmaps"] for name in places
    )
    _timed([*theirs, "create", "namespace", "many"], repository)
    for run in range(RUNS):
        kubectl_first = _timed(apply, repository)
        _timed(remove, repository)
        ours_first = _timed(ours, repository)
        yield _line(f"{OBJECTS:,} objects from nothing", ours_first, kubectl_first, run)
        ours_again = _timed(ours, repository)
        diff = _timed([*theirs, "diff", "--server-side", "-f", str(manifest)], repository)
        yield _line("nothing to do, beside kubectl diff", ours_again, diff, run)
        _timed(remove, repository)
        _timed(forget, repository)


def _line(what: str, ours: float, theirs: float, run: int) -> str:
    return f"{what}, run {run + 1}: {ours:,.2f} s, kubectl {theirs:,.2f} s = {theirs / ours:,.1f} x"


def _timed(command: list[str], folder: Path) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env=process_variables(), capture_output=True, text=True
    )
    seconds = time.perf_counter() - began
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return seconds


def process_variables() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


def _repository(path: Path) -> Path:
    entry = path / "environments/prod/many"
    entry.mkdir(parents=True)
    (entry.parent / "environment.yaml").write_text(
        "destination: {cluster: prod, namespace: many}\n"
    )
    (entry / "kustomization.yaml").write_text("namespace: many\nresources: [objects.yaml]\n")
    objects = (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{i}}}\n"
        f"data: {{a: '{'x' * 400}', b: '{'y' * 400}'}}\n"
        for i in range(OBJECTS)
    )
    (entry / "objects.yaml").write_text("---\n".join(objects))
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@localhost"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "many"]):
        subprocess.run([*git, *words], cwd=path, check=True)
    return path
