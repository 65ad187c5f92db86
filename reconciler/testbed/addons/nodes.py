"""Simulated blockchain nodes beside the cluster."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.testbed.supervisor import Launch

if TYPE_CHECKING:
    from reconciler.testbed.folder import TestbedFolder
    from reconciler.testbed.simulation.node import Fault
    from reconciler.testbed.supervisor import Supervisor

PACKAGES = Path(__file__).parents[3]


def start(supervisor: Supervisor) -> None:
    folder = supervisor.folder
    addresses = folder.path / "nodes.json"
    _faults(folder).mkdir()
    module = (sys.executable, "-P", "-m", "reconciler.testbed.simulation")
    supervisor.start(
        lambda: Launch(
            "nodes",
            [*module, addresses, _faults(folder), *supervisor.options.nodes],
            ready=addresses.exists,
            environment={"PYTHONPATH": str(PACKAGES)},
        )
    )
    found: dict[str, str] = json.loads(addresses.read_text())
    supervisor.publish(**{f"{n.upper().replace('-', '_')}_URL": url for n, url in found.items()})


def names(folder: TestbedFolder) -> list[str]:
    """The nodes that this testbed has."""
    try:
        return sorted(json.loads((folder.path / "nodes.json").read_text()))
    except FileNotFoundError:
        return []


def set_fault(folder: TestbedFolder, node: str, fault: Fault) -> None:
    fresh = _faults(folder) / f".{node}"
    fresh.write_text(fault)
    fresh.replace(_faults(folder) / node)


def _faults(folder: TestbedFolder) -> Path:
    return folder.path / "faults"
