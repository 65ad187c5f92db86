"""Fixtures with real peers: compiled when first needed, and started once a session."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.variables import SETTINGS
from reconciler.errors import CannotBuild
from reconciler.testbed.addons.crds import BUNDLES
from reconciler.testbed.assembly import programs_of
from reconciler.testbed.builder import build
from reconciler.testbed.folder import TestbedFolder, last_lines
from reconciler.testbed.launch_options import TestbedOptions
from reconciler.testbed.lifecycle import Testbed, up
from reconciler.testbed.loopback import call
from reconciler.testbed.peers import CONTROL_PLANE
from tests.peers import PEER_MISSING

# What a test asks for, by the name of the fixture, and what the testbed must have for it.
PARTS: dict[str, TestbedOptions] = {
    "sealed_secrets": TestbedOptions(sealed_secrets=True),
    "gitea": TestbedOptions(gitea=True),
    "argocd": TestbedOptions(argocd=True),
    "definitions": TestbedOptions(crds=tuple(sorted(BUNDLES))),
}

_wanted = pytest.StashKey[list[str]]()
_missing = pytest.StashKey[dict[str, str]]()
_running = pytest.StashKey[TestbedFolder]()
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

    def run(self, program: str, *arguments: str, stdin: str) -> str:
        """What another program that came with the testbed prints."""
        return subprocess.run(
            [self.bin / program, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, **self.variables},
        ).stdout

    def apply(self, manifest: str) -> str:
        return self.kubectl("apply", "-n", self.namespace, "-f", "-", stdin=manifest)

    def get(self, *arguments: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.kubectl("get", "-n", self.namespace, *arguments, "-o", "json")
        )
        return found

    def wait(self, condition: str, *what: str, seconds: int = 90) -> None:
        """kubectl's wait gives up at once on an object that a controller has yet to make."""
        is_made = condition == "delete" or not any("/" in word for word in what)
        for awaited in (condition,) if is_made else ("create", condition):
            self.kubectl(
                "wait", "-n", self.namespace, f"--for={awaited}", *what, f"--timeout={seconds}s"
            )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The session's one testbed has what the tests of this session ask for."""
    names = {name for item in items for name in getattr(item, "fixturenames", ())}
    config.stash[_missing] = {}
    config.stash[_wanted] = sorted(names & PARTS.keys())


@pytest.fixture(scope="session")
def control_plane(peer: Callable[[str], Path]) -> dict[str, Path]:
    """The programs of a testbed that has nothing beside the cluster."""
    return {name: peer(name) for name in CONTROL_PLANE}


@pytest.fixture(scope="session")
def testbed(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    control_plane: dict[str, Path],
) -> Iterator[Testbed]:
    """One testbed for all tests, and for all processes that run them."""
    options, programs = TestbedOptions(), dict(control_plane)
    for part in request.config.stash[_wanted]:
        if part == "sealed_secrets" and sys.platform != "linux":
            request.config.stash[_missing][part] = "its controller runs in a testbed on Linux only"
            continue
        try:
            programs |= build(programs_of(PARTS[part]), Path(SETTINGS.peers_folder))
            options |= PARTS[part]
        except CannotBuild as e:
            request.config.stash[_missing][part] = f"{PEER_MISSING}{e}"
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    folder = TestbedFolder(shared / "testbeds", "session")
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


def _part(request: pytest.FixtureRequest, cluster: Cluster) -> Cluster:
    """The cluster, if it could be given this part."""
    why = request.config.stash[_missing].get(str(request.fixturename))
    if why:
        pytest.skip(why)
    return cluster


@pytest.fixture
def sealed_secrets(request: pytest.FixtureRequest, cluster: Cluster) -> Cluster:
    """A cluster with the Sealed Secrets controller, and kubeseal."""
    return _part(request, cluster)


@pytest.fixture
def argocd(request: pytest.FixtureRequest, cluster: Cluster) -> Cluster:
    """A cluster in which Argo CD works, in the namespace argocd."""
    return _part(request, cluster)


@pytest.fixture
def definitions(request: pytest.FixtureRequest, cluster: Cluster) -> Cluster:
    """A cluster with the custom resource definitions of other projects."""
    return _part(request, cluster)


@dataclass(frozen=True, slots=True)
class Gitea:
    """A real forge, and the tokens of the users bot, alice and bob."""

    url: str
    tokens: Path

    def token(self, user: str) -> str:
        return (self.tokens / user).read_text()

    def merge(self, pull: str) -> None:
        """Merge this pull request (its address in the API), once Gitea has looked at it."""
        for _ in range(100):
            if call("GET", pull, token=self.token("bot"))["mergeable"]:
                break
            time.sleep(0.2)
        call("POST", f"{pull}/merge", {"Do": "merge"}, token=self.token("bot"))


@pytest.fixture
def gitea(request: pytest.FixtureRequest, cluster: Cluster) -> Gitea:
    """Gitea with an organisation fleet that has a repository environments."""
    found = _part(request, cluster).variables
    return Gitea(found["GITEA_URL"], Path(found["GITEA_TOKENS"]))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failure shows the end of each peer's log."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    folder = item.config.stash.get(_running, None)
    if report.failed and folder and "testbed" in getattr(item, "fixturenames", ()):
        for log in sorted(folder.logs.glob("*.log")):
            report.sections.append((f"end of the log of {log.stem}", last_lines(log, 8)))
