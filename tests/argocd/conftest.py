"""A plugin server as a process of its own, which is how it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.testbed.loopback import answers, free_port
from tests.argocd.client import Plugin

START_SECONDS = 60


@contextmanager
def running(folder: Path, *flags: str) -> Iterator[Plugin]:
    folder.mkdir(parents=True, exist_ok=True)
    http = f"127.0.0.1:{free_port()}"
    log = folder / "log"
    command = [sys.executable, "-m", "reconciler", "cmp-server", "--http", http, *flags]
    command += ["--socket-folder", str(folder)]
    with open(log, "w") as out:
        process = subprocess.Popen(
            command,
            stderr=out,
            env={**os.environ, "RECONCILER_CACHE": str(folder / "cache")},
        )
    try:
        for _ in range(START_SECONDS * 20):
            if process.poll() is not None or answers(f"http://{http}/readyz"):
                break
            time.sleep(0.05)
        assert process.poll() is None, log.read_text()
        (socket,) = folder.glob("*.sock")
        yield Plugin(socket, f"http://{http}", process.pid, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    """One that all tests of a module ask, so each finds it as the others left it."""
    with running(tmp_path_factory.mktemp("p")) as found:
        yield found


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., object]:
    """Starts one with flags of its own."""
    return lambda *flags: running(tmp_path_factory.mktemp("p"), *flags)
