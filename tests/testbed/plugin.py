"""Fixtures with real peers: compiled when first needed, and started once a session."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from reconciler.testbed.assembly import programs_of
from reconciler.testbed.folder import Folder, last_lines
from reconciler.testbed.lifecycle import Testbed, up
from reconciler.testbed.order import Options
from tests.peers import program

# What a test asks for, by the name of the fixture, and what the testbed must have for it.
PARTS: dict[str, dict[str, Any]] = {}

_wanted = pytest.StashKey[set[str]]()
_running = pytest.StashKey[Folder]()
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A real API server, and a namespace in it that no other test uses."""

    kubeconfig: Path
    namespace: str
    bin: Path
    variables: dict[str, str] = field(default_factory=dict)

    def kubectl(self, *arguments: str, stdin: str | None = None, ok: bool = True) -> str:
        """What kubectl prints, or what it says on standard error if it shall fail."""
        done = self._run(*arguments, stdin=stdin)
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done.stdout if ok else done.stderr

    def kubectl_says(self, *arguments: str) -> str:
        """All that kubectl says, whether it works or not."""
        done = self._run(*arguments)
        return done.stdout + done.stderr

    def _run(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.bin / "kubectl", "--kubeconfig", self.kubeconfig, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env={**os.environ, "HOME": str(self.bin.parent)},
        )

    def apply(self, manifest: str) -> str:
        return self.kubectl("apply", "-n", self.namespace, "-f", "-", stdin=manifest)

    def get(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.kubectl("get", "-n", self.namespace, *arguments, "-o", "json")
        )
        return found

    def wait(self, condition: str, *what: str, seconds: int = 90) -> None:
        self.kubectl(
            "wait", "-n", self.namespace, f"--for={condition}", *what, f"--timeout={seconds}s"
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The session's one testbed has what the tests of this session ask for."""
    names = {name for item in items for name in getattr(item, "fixturenames", ())}
    config.stash[_wanted] = names & PARTS.keys()


@pytest.fixture(scope="session")
def testbed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Testbed]:
    """One testbed for all tests, and for all processes that run them."""
    options = Options(
        **{k: v for name in request.config.stash[_wanted] for k, v in PARTS[name].items()}
    )
    programs = {name: program(name) for name in programs_of(options)}
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder = Folder(shared / "testbeds", "session")
    with up(folder, options, programs) as running:
        request.config.stash[_running] = folder
        yield running


@pytest.fixture
def cluster(testbed: Testbed) -> Iterator[Cluster]:
    """A namespace of its own in a real cluster; what is not in it is shared with other tests."""
    name = f"test-{os.getpid()}-{next(_numbers)}"
    found = Cluster(testbed.folder.kubeconfig, name, testbed.folder.bin, testbed.state.variables)
    found.kubectl("create", "namespace", name)
    yield found
    found.kubectl("delete", "namespace", name, "--wait=false")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failure shows the end of each peer's log."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    folder = item.config.stash.get(_running, None)
    if report.failed and folder and "testbed" in getattr(item, "fixturenames", ()):
        for log in sorted(folder.logs.glob("*.log")):
            report.sections.append((f"end of the log of {log.stem}", last_lines(log, 8)))
