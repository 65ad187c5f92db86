"""Print the tables of docs/explanation/beside-others.md: python -m benchmarks.beside.

It takes about ten minutes, and the first time a few more to compile Flux.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.beside.comparison import Cells, comparison
from benchmarks.beside.releases import releases
from benchmarks.beside.sets import Mending, all_sets

NAMES = {"argocd": "Argo CD", "flux": "Flux", "ours": "reconciler run"}
LONGEST = 240


def main() -> None:
    names = [one.name for one in all_sets("any")]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.beside", description=__doc__)
    parser.add_argument("set", nargs="*", help=f"all, if none is named: {', '.join(names)}")
    parser.add_argument("--keep-in", type=Path, help="keep logs and records in this new folder")
    asked = parser.parse_args()
    if unknown := set(asked.set) - set(names):
        parser.error(f"there is no set {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="beside-") as temporary:
        place: Path = asked.keep_in or Path(temporary)
        place.mkdir(exist_ok=True)
        with comparison(place, asked.set) as compared:
            cells, said, all_at_last = compared.run()
    mended = {s.what for s in all_sets("any") if s.mending is Mending.commit}
    said_at_last = {what: words for what, words in all_at_last.items() if what in mended}
    print(f"{datetime.now(UTC):%Y-%m-%d}: {', '.join(releases())}\n")
    print("\n".join(_table("what is in the commit", cells)), "\n")
    print("What each said 90 seconds after the broken commit:\n")
    print("\n".join(_table("what is in the commit", said)), "\n")
    print("And four minutes after the commit that mends them:\n")
    print("\n".join(_table("what is in the commit", said_at_last)))


def _table(first: str, cells: Cells) -> Iterator[str]:
    yield f"| {first} | {' | '.join(NAMES.values())} |"
    yield "|---" * (len(NAMES) + 1) + "|"
    for what, by_tool in cells.items():
        yield f"| {what} | {' | '.join(_short(by_tool[tool]) for tool in NAMES)} |"


def _short(text: str) -> str:
    line = re.sub(r"\s+", " ", text).replace("|", "\\|").strip()
    line = re.sub(r"\b([0-9a-f]{7})[0-9a-f]{33}\b", r"\1", line)
    line = re.sub(r"/\S*/kustomization-\d+/", "/.../", line)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."


if __name__ == "__main__":
    main()
