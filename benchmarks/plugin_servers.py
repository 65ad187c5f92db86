"""The two plugin servers that are compared, as processes in a folder of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers import compiled

START_SECONDS = 60.0
PLUGIN = """apiVersion: argoproj.io/v1alpha1
kind: ConfigManagementPlugin
metadata: {name: stock}
spec:
  generate: {command: [kustomize, build, .]}
"""


@contextmanager
def ours(place: Path, *options: str) -> Iterator[tuple[Path, int]]:
    """Our server, without any cache but its own memory: its socket and its process."""
    place.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "reconciler", "cmp-server", "--no-cache", *options]
    with started([*command, "--socket-folder", str(place)], place, "reconciler-*.sock") as found:
        yield found


@contextmanager
def stock(place: Path, kustomize: Path) -> Iterator[tuple[Path, int]]:
    """Argo CD's own server, which starts kustomize."""
    for folder in ("config", "work", "bin"):
        (place / folder).mkdir(parents=True)
    (place / "config" / "plugin.yaml").write_text(PLUGIN)
    (place / "bin" / "kustomize").symlink_to(kustomize)
    environment = {
        "ARGOCD_BINARY_NAME": "argocd-cmp-server",
        "ARGOCD_PLUGINSOCKFILEPATH": str(place),
        "ARGOCD_CMP_WORKDIR": str(place / "work"),
        "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
    }
    command = [str(compiled("argocd")), "--config-dir-path", str(place / "config")]
    with started(command, place, "stock.sock", environment) as found:
        yield found


@contextmanager
def started(
    command: list[str], place: Path, awaited: str, environment: dict[str, str] | None = None
) -> Iterator[tuple[Path, int]]:
    """A process, once a file of this name is in the place."""
    log = place / f"{Path(command[0]).name}-{awaited.strip('*.')}.log"
    with open(log, "w") as out:
        process = subprocess.Popen(
            command, stderr=out, stdout=out, env=os.environ | (environment or {})
        )
    try:
        limit = time.monotonic() + START_SECONDS
        while not (found := list(place.glob(awaited))):
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(log.read_text())
            time.sleep(0.02)
        time.sleep(0.5)
        yield found[0], process.pid
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
