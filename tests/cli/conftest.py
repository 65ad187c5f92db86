"""Running commands as a user does."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.program import run as run_command
from reconciler.cluster.kubeconfig import read_kubeconfig
from tests.testbed.plugin import Cluster

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def reconciler(tmp_path: Path) -> Run:
    """The command in a process of its own, in a folder of choice."""

    def run(
        *arguments: str | Path, cwd: Path = tmp_path, **variables: str
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments],
            cwd=cwd,
            env={**os.environ, "COLUMNS": "200", "PYTHONPATH": str(Path(__file__).parents[2])}
            | variables,
            capture_output=True,
        )

    return run


def unmeasured() -> dict[str, str]:
    """The surroundings of a process whose imports count: coverage would bring its own."""
    kept = {n: value for n, value in os.environ.items() if not n.startswith("COVERAGE_")}
    return kept | {"PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.fixture
def typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """The command in this process, which is quicker, and says the same."""

    def run(*arguments: str | Path, cwd: Path = tmp_path) -> subprocess.CompletedProcess[bytes]:
        monkeypatch.chdir(cwd)
        code = run_command([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return subprocess.CompletedProcess(
            arguments, code, printed.out.encode(), printed.err.encode()
        )

    return run


def on_a_terminal(folder: Path, *arguments: str, **variables: str) -> bytes:
    """What somebody sees who types the command."""
    main, side = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=folder,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"} | variables,
        stdout=side,
        stderr=side,
    )
    os.close(side)
    seen = b""
    try:
        while piece := os.read(main, 65536):
            seen += piece
    except OSError:
        pass
    os.close(main)
    done.wait()
    return seen


@pytest.fixture(scope="session")
def sarif_schema(peer: Callable[[str], Path]) -> Mapping[str, Any]:
    """The standard's own schema, out of a Go module that carries it."""
    source = (peer("sarif") / "pkg/report/v210/sarif/schema.go").read_text()
    schema: Mapping[str, Any] = json.loads(source.split("`")[1])
    return schema


@pytest.fixture
def there(cluster: Cluster) -> list[str]:
    """The options that name the cluster."""
    return _named(cluster.kubeconfig)


@pytest.fixture
def restricted(cluster: Cluster, tmp_path: Path) -> list[str]:
    """The same, as somebody who may look at a namespace, but at no Secret, and write nothing."""
    who = f"{cluster.namespace}-viewer"
    cluster.kubectl_says("create", "namespace", "reconciler-system")  # an apply may have made it
    cluster.kubectl("create", "clusterrole", who, "--verb=get", "--resource=namespaces")
    cluster.kubectl("create", "clusterrolebinding", who, f"--clusterrole={who}", f"--user={who}")
    for namespace in (cluster.namespace, "reconciler-system"):
        name = ["-n", namespace, "create", "rolebinding", who]
        cluster.kubectl(*name, "--clusterrole=view", f"--user={who}")
    config = json.loads(
        cluster.kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json")
    )
    config["users"][0]["user"]["as"] = who
    file = tmp_path / "restricted.json"
    file.write_text(json.dumps(config))
    return _named(file)


def _named(kubeconfig: Path) -> list[str]:
    file = str(kubeconfig)
    return ["--kubeconfig", file, "--context", read_kubeconfig([file]).context().name]
