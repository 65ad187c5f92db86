"""Run the measurements, all or those named: make bench, python -m benchmarks app fleet."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks import cases
from tests.peers import compiled


def named() -> list[str]:
    listed = "\n".join(f"  {name}: {case.__doc__}" for name, case in cases.ALL.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure beside the peers, one case after the other.",
        epilog=f"cases:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("case", nargs="*", help="all, if none is named")
    found: list[str] = parser.parse_args().case
    unknown = ", ".join(sorted(set(found) - set(cases.ALL)))
    if unknown:
        parser.error(f"there is no case {unknown}: --help lists them")
    return found or list(cases.ALL)


def main() -> None:
    wanted = named()
    kustomize = compiled("kustomize")
    with tempfile.TemporaryDirectory(prefix="reconciler-bench-") as folder:
        os.environ["RECONCILER_CACHE"] = f"{folder}/cache"
        os.environ["PYTHONDONTWRITEBYTECODE"] = ""
        for name in wanted:
            print(f"\n{name}: {cases.ALL[name].__doc__}", flush=True)
            place = Path(folder) / name
            place.mkdir()
            for line in cases.ALL[name](place, kustomize):
                print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
