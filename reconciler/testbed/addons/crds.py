"""The custom resource definitions of other projects, as their pinned releases have them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import TestbedError

if TYPE_CHECKING:
    from reconciler.testbed.supervisor import Supervisor

BUNDLES = {
    "argocd": "argocd-crds",
    "certmanager": "certmanager-crds",
    "externalsecrets": "externalsecrets-crds",
    "monitoring": "monitoring-crds",
    "sealedsecrets": "sealed-secrets-crds",
    "snapshots": "snapshots-crds",
}


def install(supervisor: Supervisor, names: tuple[str, ...]) -> None:
    for name in names:
        supervisor.say(f"installing the definitions of {name}")
        apply_folder(supervisor, supervisor.programs[BUNDLES[name]])


def apply_folder(supervisor: Supervisor, folder: Path) -> None:
    """Apply every file of a bundle; those that are too large for kubectl's own note, too."""
    flags = ["--server-side", "--force-conflicts", "--recursive", "-f", str(folder)]
    done = subprocess.run(
        [supervisor.programs["kubectl"], "apply", *flags],
        env=supervisor.environment() | {"KUBECONFIG": str(supervisor.folder.kubeconfig)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise TestbedError(
            f"{folder.name} cannot be applied", why=done.stderr.strip().splitlines()[-1]
        )
