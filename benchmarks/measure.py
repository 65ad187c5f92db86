"""Timing two ways of doing the same thing in turn, so that a drifting machine hits both."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

Work = Callable[[], object]


def seconds(work: Work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turn(works: dict[str, Work], rounds: int) -> dict[str, float]:
    """The median seconds of each, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for round_number in range(rounds + 1):
        for name, work in works.items():
            spent = seconds(work)
            if round_number:
                times[name].append(spent)
    return {name: median(spent) for name, spent in times.items()}


def process(*command: str | Path) -> Work:
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def parallel_builds(kustomize: Path, root: Path, folders: Sequence[str], cores: int) -> Work:
    """A kustomize process for each folder, as many at a time as there are cores."""
    targets = "\n".join(str(root / folder) for folder in folders)
    command = ["xargs", "-P", str(cores), "-I{}", str(kustomize), "build", "{}"]
    return lambda: subprocess.run(
        command, input=targets.encode(), check=True, stdout=subprocess.DEVNULL
    )


def resident_mib(pid: int) -> float:
    """Memory that a process has in RAM now."""
    text = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True
    ).stdout
    return int(text) / 1024
