"""Draws the floors of the package to standard output, by the contract in pyproject.toml."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
WIDTH, FLOOR, GAP, EDGE = 760, 44, 10, 10
ROOM = WIDTH - 2 * EDGE

STYLE = """<style>
rect { fill: #e8eaf6; stroke: #5c6bc0; }
text { fill: #1a237e; font: 15px ui-monospace, monospace; text-anchor: middle; }
@media (prefers-color-scheme: dark) {
  rect { fill: #283593; stroke: #9fa8da; }
  text { fill: #e8eaf6; }
}
</style>"""


def floors() -> list[list[str]]:
    """Each floor's rooms, from the top: who is above may know those below, and none beside."""
    contracts = tomllib.loads(PROJECT.read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [c for c in contracts if c["type"] == "layers" and "containers" not in c]
    return [
        [room.strip().removeprefix("reconciler.") for room in layer.split("|")]
        for layer in layers["layers"]
    ]


def drawing(floors: list[list[str]]) -> Iterator[str]:
    height = len(floors) * (FLOOR + GAP) - GAP + 2 * EDGE
    title = "; ".join(" | ".join(rooms) for rooms in floors)
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
    yield f"<title>From the top: {title}</title>"
    yield STYLE
    for level, rooms in enumerate(floors):
        top = EDGE + level * (FLOOR + GAP)
        width = (ROOM - GAP * (len(rooms) - 1)) / len(rooms)
        for place, room in enumerate(rooms):
            left = EDGE + place * (width + GAP)
            yield (
                f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{FLOOR}" rx="6"/>'
                f'<text x="{left + width / 2:.1f}" y="{top + FLOOR / 2 + 5:.0f}">{room}</text>'
            )
    yield "</svg>"


if __name__ == "__main__":
    sys.stdout.write("\n".join(drawing(floors())) + "\n")
