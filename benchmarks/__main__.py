"""Run the measurements, all or those named: make bench, python -m benchmarks app fleet."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from benchmarks import cases
from tests.peers import compiled


def main() -> None:
    wanted = sys.argv[1:] or list(cases.ALL)
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
