"""etcd and the API server end and come again, and run goes on with what they know."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from reconciler.testbed.folder import TestbedFolder
from reconciler.testbed.launch_options import TestbedOptions
from reconciler.testbed.lifecycle import Testbed, up
from reconciler.testbed.processes import spawn
from tests.cli.test_run_settings import eventually
from tests.faults.conftest import DEFINITIONS, Begin, Fleet, configs
from tests.faults.judge import deleted_twice, uids_of_lines, uids_there, written_without_a_line
from tests.faults.proxy import FaultProxy
from tests.testbed.plugin import Cluster


@dataclass
class Restarts:
    """Of programs of a testbed, with the same words as before; those began here end here."""

    testbed: Testbed
    began: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def restart(self, name: str) -> None:
        """Killed, so that it has no time for a farewell."""
        pid = self.began[name].pid if name in self.began else self._first(name)
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[:-1]
        folder = self.testbed.folder
        self.end(name, pid)
        self.began[name] = spawn(
            words, log=folder.log(name), cwd=folder.path, environment={**os.environ}
        )

    def end(self, name: str, pid: int) -> None:
        if name in self.began:
            self.began[name].kill()
            self.began[name].wait()
            return
        (component,) = (c for c in self.testbed.state.components if c.name == name)
        component.process.kill_group()
        eventually(component.process.alive, False)

    def _first(self, name: str) -> int:
        (component,) = (c for c in self.testbed.state.components if c.name == name)
        return component.process.pid


@pytest.fixture
def restarts(tmp_path: Path, control_plane: dict[str, Path]) -> Iterator[Restarts]:
    """A testbed that no other test uses."""
    folder = TestbedFolder(tmp_path / "testbeds", "restarts")
    with up(folder, TestbedOptions(), control_plane) as testbed:
        found = Restarts(testbed)
        yield found
        for process in found.began.values():
            process.kill()
            process.wait()


@pytest.fixture
def cluster(restarts: Restarts) -> Cluster:
    folder = restarts.testbed.folder
    found = Cluster(folder.kubeconfig, "restarted", folder.bin)
    found.kubectl("create", "namespace", "restarted")
    found.kubectl("apply", "--server-side", "-f", str(DEFINITIONS))
    return found


@pytest.mark.peers
@pytest.mark.parametrize(
    "rounds", [2, pytest.param(20, marks=[pytest.mark.soak, pytest.mark.timeout(1800)])]
)
def test_a_restart_of_the_control_plane_loses_nothing(
    fleet: Fleet, restarts: Restarts, proxy: FaultProxy, begin: Begin, rounds: int
) -> None:
    names = ["one-x", "one-y", "one-z"]
    fleet.say(one=configs("0", *names))
    running = begin(proxy, "--interval", "1", "--lease", "3")
    running.wait_for("well")
    for number in range(1, rounds + 1):
        program = "kube-apiserver" if number % 2 else "etcd"
        restarts.restart(program)
        # One goes and one comes each time, while the server is away.
        names = [*names[1:], f"one-{number}"]
        fleet.say(one=configs(str(number), *names))
        wanted = dict.fromkeys(names, str(number))
        eventually(partial(values, fleet), wanted)
        eventually(partial(deletes, fleet, names[0]), True)
        eventually(partial(values, fleet), wanted)
    eventually(lambda: uids_of_lines(fleet, "one") == uids_there(fleet, "one"), True)
    assert written_without_a_line(proxy.requests) == []
    assert deleted_twice(proxy.requests) == []
    assert running.process.poll() is None


def values(fleet: Fleet) -> dict[str, str] | None:
    """None while nobody answers."""
    try:
        return fleet.values("one")
    except AssertionError:
        return None


def deletes(fleet: Fleet, name: str) -> bool:
    said = fleet.cluster.kubectl_says("-n", fleet.name, "delete", "configmap", name)
    return "deleted" in said
