"""Real git, real kernel, real kustomize: what every test may use."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from reconciler.kubernetes.structure import Structure, read_structure
from reconciler.render.binary import CHECKING
from reconciler.render.kernel_process import Kernel
from tests import peers
from tests.peers import PEER_MISSING as PEER_MISSING
from tests.peers import program

# How long an example takes says what else the machine does.
settings.register_profile(
    "steady", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

pytest_plugins = ["tests.testbed.plugin"]

# What a test uses, directly or not, says what it costs: a program that is compiled, commits that
# go through pre-commit and prek, or a clone in which a page is typed. make quick does without. What
# gets a peer in another way has the mark written on it, or fails; so has what is slow in itself.
# An attack is played from its beginning to its end, with whole programs: they are slow together.
ATTACKS = Path(__file__).parent / "attacks"
FIXTURES = {
    "peers": {"peer", "tiny", "cluster", "definitions", "sealed_secrets", "gitea", "argocd"},
    "slow": {"clone", "hooked", "pushing"},
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(ATTACKS):
            item.add_marker("slow")
        for mark, fixtures in FIXTURES.items():
            if fixtures.intersection(getattr(item, "fixturenames", ())):
                item.add_marker(mark)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    peers.allowed = item.get_closest_marker("peers") is not None
    return (yield)


@pytest.fixture(scope="session")
def peer() -> Callable[[str], Path]:
    """The path of a real program, by its name."""
    return program


@pytest.fixture(scope="session")
def kustomize(peer: Callable[[str], Path]) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """kustomize build, the real one."""
    binary = peer("kustomize")

    def run(folder: Path, *flags: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run([binary, "build", *flags, folder], capture_output=True)

    return run


@pytest.fixture(scope="session")
def kernel() -> Iterator[Kernel]:
    with Kernel() as running:
        yield running


@pytest.fixture(scope="session")
def structure(kernel: Kernel) -> Structure:
    """The schema of the real kernel."""
    return read_structure(kernel.structure())


@pytest.fixture(scope="session")
def checking() -> Iterator[Kernel]:
    """One that checks manifests, too."""
    with Kernel(CHECKING) as running:
        yield running


class Repo:
    """A Git repository in a temporary folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *arguments],
            cwd=self.path,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        for name, content in files.items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())

    def commit(self, files: Mapping[str, str | bytes] | None = None) -> str:
        self.write(files or {})
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


@pytest.fixture(autouse=True)
def own_surroundings(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the developer's cache nor their Git configuration takes part."""
    monkeypatch.setenv("RECONCILER_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """CI fails if a test was skipped for want of a real peer."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CI") and any(PEER_MISSING in str(r.longrepr) for r in skipped):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
