"""Helm, compiled for this comparison alone: no testbed has it."""

from __future__ import annotations

from pathlib import Path

from reconciler.cli.variables import SETTINGS
from reconciler.testbed.builder import build_if_missing
from reconciler.testbed.peers import Peer, pinned

HERE = Path(__file__).parent / "helm"
MODULE = "helm.sh/helm/v4"


def helm(place: Path) -> Path:
    """The program by its own name, by which it calls itself in the cluster."""
    link = place / "helm"
    made = build_if_missing(Peer("helm", HERE, f"{MODULE}/cmd/helm"), Path(SETTINGS.peers_folder))
    link.symlink_to(made)
    return link


def version() -> str:
    return pinned(HERE, MODULE)
