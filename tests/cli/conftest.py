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

import hatch_build
from reconciler.cli.app import run as run_command
from tests.conftest import PEER_MISSING

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
def sarif_schema() -> Mapping[str, Any]:
    """The standard's own schema, out of a Go module that carries it."""
    go = hatch_build.find_go()
    folder = Path(__file__).parents[1] / "peers" / "sarif"
    if go is None:
        pytest.skip(f"{PEER_MISSING}there is no Go to fetch the schema of SARIF with")
    found = subprocess.run(
        [go, "mod", "download", "-json", "github.com/owenrumney/go-sarif/v3"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if found.returncode:
        pytest.skip(f"{PEER_MISSING}the schema of SARIF: {found.stderr[-200:]}")
    source = Path(json.loads(found.stdout)["Dir"], "pkg/report/v210/sarif/schema.go").read_text()
    schema: Mapping[str, Any] = json.loads(source.split("`")[1])
    return schema
