"""Flux's two controllers, compiled for this comparison alone: no testbed has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from reconciler.cli.variables import SETTINGS
from reconciler.testbed.builder import build_if_missing
from reconciler.testbed.loopback import free_port
from reconciler.testbed.peers import Peer, pinned
from tests.peers import compiled

HERE = Path(__file__).parent / "flux"
SOURCE, KUSTOMIZE = "source-controller", "kustomize-controller"


def commands(place: Path) -> dict[str, list[str]]:
    """How to start each of them."""
    storage = f"127.0.0.1:{free_port()}"
    files = place / "artifacts"
    files.mkdir()
    own = {
        SOURCE: [
            f"--storage-path={files}",
            f"--storage-addr={storage}",
            f"--storage-adv-addr={storage}",
        ],
        KUSTOMIZE: [],
    }
    return {name: [str(_program(name)), *_shared_flags(), *flags] for name, flags in own.items()}


def versions() -> dict[str, str]:
    return {name: pinned(HERE / name, _module(name)) for name in (SOURCE, KUSTOMIZE)}


def definitions() -> list[dict[str, Any]]:
    found = []
    for name in (SOURCE, KUSTOMIZE):
        for file in compiled("flux-files").rglob(f"{name}.yaml"):
            found += [o for o in yaml.safe_load_all(file.read_text()) if _is_definition(o)]
    return found


def _is_definition(body: dict[str, Any]) -> bool:
    return bool(body["kind"] == "CustomResourceDefinition")


def _program(name: str) -> Path:
    return build_if_missing(Peer(name, HERE / name, _module(name)), Path(SETTINGS.peers_folder))


def _module(name: str) -> str:
    return f"github.com/fluxcd/{name}"


def _shared_flags() -> list[str]:
    return [
        f"--metrics-addr=127.0.0.1:{free_port()}",
        f"--health-addr=127.0.0.1:{free_port()}",
        "--events-addr=",
        "--watch-all-namespaces",
    ]
