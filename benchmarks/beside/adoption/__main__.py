"""Print the table of apps taken over: python -m benchmarks.beside.adoption.

It takes about four minutes, and the first time a few more to compile Flux and Helm.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.beside.adoption.table import table
from benchmarks.beside.adoption.takeover import takeover
from benchmarks.beside.releases import releases


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.beside.adoption", description=__doc__
    )
    parser.add_argument("way", nargs="*", help="such as helm-client; all, if none is named")
    parser.add_argument("--keep-in", type=Path, help="keep logs in this new folder")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="adoption-") as temporary:
        place: Path = asked.keep_in or Path(temporary)
        place.mkdir(exist_ok=True)
        with takeover(place, asked.way) as found:
            taken = found.run()
    print(f"{datetime.now(UTC):%Y-%m-%d}: {', '.join(releases())}\n")
    print("\n".join(table(taken)))


if __name__ == "__main__":
    main()
