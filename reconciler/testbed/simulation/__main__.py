"""Simulated nodes as a process of a testbed: where they listen, and their faults, in files.

The first argument is a file for the addresses; the second a folder in which a file that is
named like a node holds its fault; the others say which nodes.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from reconciler.testbed.simulation.fleet import SimulatedFleet
from reconciler.testbed.simulation.node import Fault


def main() -> None:
    addresses, faults = Path(sys.argv[1]), Path(sys.argv[2])
    with SimulatedFleet(*sys.argv[3:]) as fleet:
        fresh = addresses.with_suffix(".fresh")
        fresh.write_text(json.dumps({name: node.url for name, node in fleet.nodes.items()}))
        fresh.replace(addresses)
        while True:
            for name, node in fleet.nodes.items():
                wanted = _wanted(faults / name)
                if wanted is not node.fault:
                    fleet.break_down(name, wanted)
            time.sleep(0.2)


def _wanted(file: Path) -> Fault:
    try:
        return Fault(file.read_text().strip())
    except FileNotFoundError:
        return Fault.none


if __name__ == "__main__":
    main()
