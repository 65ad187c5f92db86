"""A program finds a service account where pods have it, and nobody else sees it there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")

PLACE = Path("/var/run/secrets/kubernetes.io/serviceaccount")
ACCOUNT = json.dumps({"token": "t0ken", "ca": "an authority", "namespace": "kube-system"})


def in_cluster(*command: str, within: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*within, sys.executable, "-m", "reconciler.testbed.in_cluster", *command],
        input=ACCOUNT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def test_the_account_is_there_for_the_program_alone() -> None:
    before = PLACE.exists()
    done = in_cluster("/bin/sh", "-c", f"cd {PLACE} && cat namespace token ca.crt; cat")
    assert done.stdout == "kube-systemt0kenan authority"
    assert not done.stderr
    assert PLACE.exists() == before


def test_the_programs_end_is_passed_on() -> None:
    assert in_cluster("/bin/sh", "-c", "exit 7").returncode == 7


def test_a_user_who_may_not_make_namespaces_is_told_so() -> None:
    """In a user namespace whose one permitted child is the one that it runs in."""
    limited = "echo 1 > /proc/sys/user/max_user_namespaces && exec unshare -U --map-user=1000 $0 $@"
    within = ("unshare", "-Ur", "sh", "-c", limited)
    if subprocess.run([*within, "true"], capture_output=True).returncode:
        pytest.skip("no user namespaces here to limit")
    done = in_cluster("/bin/true", within=within)
    assert done.returncode == 1
    assert "this kernel gives no namespace for a service account" in done.stderr
