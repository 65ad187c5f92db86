"""The examples of docs/reference/python.md, as programs of their own in a real cluster."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.test_apply import app as app
from tests.cli.test_apply import files
from tests.conftest import Repo
from tests.testbed.plugin import Cluster

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reference/python.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def fleet(repo: Repo, cluster: Cluster, app: str) -> Repo:
    """prod is called as the kubeconfig calls the testbed, and its app is shop."""
    config = yaml.safe_load(cluster.kubeconfig.read_text())
    settings = f"destination:\n  cluster: {config['current-context']}\n  namespace: {app}\n"
    named = {path.replace(app, "shop"): text for path, text in files(app, "1").items()}
    repo.commit({"environments/prod/environment.yaml": settings, **named})
    return repo


def run(example: str, fleet: Repo, cluster: Cluster) -> str:
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=fleet.path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "KUBECONFIG": str(cluster.kubeconfig),
            "RECONCILER_CACHE": str(fleet.path.parent / "cache"),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_examples_do_what_they_say(fleet: Repo, app: str, cluster: Cluster) -> None:
    plan, apply, watch = EXAMPLES
    one, two = f"ConfigMap {app}/one", f"ConfigMap {app}/two"
    assert run(plan, fleet, cluster).splitlines() == [
        f"prod/shop create {one}",
        f"prod/shop create {two}",
    ]
    applied = run(apply, fleet, cluster).splitlines()
    assert sorted(applied[:2]) == [f"created {one} ", f"created {two} "]
    assert applied[2] == "good"
    assert run(plan, fleet, cluster) == ""
    assert run(watch, fleet, cluster).splitlines()[-1] == "prod/shop 2 of 2 objects are well"
    typed = subprocess.run(
        [
            *(sys.executable, "-m", "reconciler", "uninstall", "prod/shop", "--yes"),
            *("--kubeconfig", str(cluster.kubeconfig)),
        ],
        cwd=fleet.path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert typed.returncode == 0, typed.stderr
