"""What the tests reached of each package, after make coverage; too little of all is a failure."""

from __future__ import annotations

import json
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from coverage.cmdline import main as coverage

ROOT = Path(__file__).parents[1]


class Counts:
    """Lines and branches, and how many of both were reached."""

    def __init__(self) -> None:
        self.lines = self.all = self.reached = 0

    def add(self, summary: Mapping[str, int]) -> None:
        self.lines += summary["num_statements"]
        self.all += summary["num_statements"] + summary["num_branches"]
        self.reached += summary["covered_lines"] + summary["covered_branches"]

    @property
    def percent(self) -> float:
        return 100 * self.reached / self.all if self.all else 100.0


def by_package(files: Mapping[str, Any]) -> dict[str, Counts]:
    """Of each room, by its name; what is in none is counted as the package's own."""
    found: dict[str, Counts] = defaultdict(Counts)
    for name, file in sorted(files.items()):
        parts = Path(name).parts
        found[parts[1] if len(parts) > 2 else "."].add(file["summary"])
    return dict(found)


def table(rows: Iterable[tuple[str, Counts]]) -> str:
    lines = [f"{'package':<12}{'lines':>8}{'covered':>10}"]
    lines += [f"{name:<12}{c.lines:>8}{c.percent:>9.1f}%" for name, c in rows]
    return "\n".join(lines)


def measured() -> dict[str, Any]:
    """What all processes of the run wrote down, put together."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "coverage.json"
        for command in (["combine", "--quiet"], ["json", "--quiet", "--fail-under=0", "-o", file]):
            if coverage([str(argument) for argument in command]):
                sys.exit("there is nothing that was measured: make coverage")
        found: dict[str, Any] = json.loads(file.read_text())["files"]
    return found


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    floor = float(project["tool"]["coverage"]["report"]["fail_under"])
    packages = by_package(measured())
    total = Counts()
    for counts in packages.values():
        total.lines += counts.lines
        total.all += counts.all
        total.reached += counts.reached
    print(table([*packages.items(), ("all", total)]))
    if total.percent < floor:
        print(f"less than {floor}% of it is covered: [tool.coverage.report] in pyproject.toml")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
