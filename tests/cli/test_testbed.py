"""reconciler testbed, as somebody types it."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from reconciler.cli.program import run
from reconciler.testbed.folder import Component, TestbedFolder, TestbedState
from reconciler.testbed.lifecycle import down
from reconciler.testbed.processes import ProcessIdentity
from tests.cli.conftest import Run

Testbed = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def testbed(reconciler: Run, tmp_path: Path) -> Iterator[Testbed]:
    """The command, with a folder of its own for its testbeds."""
    base = tmp_path / "testbeds"
    yield partial(reconciler, "testbed", RECONCILER_TESTBEDS=str(base))
    for name in os.listdir(base) if base.exists() else ():
        down(TestbedFolder(base, name))


def exported(printed: bytes) -> dict[str, str]:
    words = [shlex.split(line)[1] for line in printed.decode().splitlines()]
    return dict(word.split("=", 1) for word in words)


@pytest.mark.usefixtures("control_plane")
def test_one_is_started_used_made_ill_emptied_and_ended(testbed: Testbed, tmp_path: Path) -> None:
    up = testbed("up", "--nodes", "geth")
    assert up.returncode == 0, up.stderr
    assert b"the testbed default is ready" in up.stdout
    assert b"kube-apiserver" in testbed("status").stdout

    shown = testbed("env")
    assert shown.returncode == 0, shown.stderr
    variables = exported(shown.stdout)
    kubectl = [f"{variables['PATH'].partition(':')[0]}/kubectl", "create", "namespace", "mine"]
    subprocess.run(kubectl, env={"KUBECONFIG": variables["KUBECONFIG"]}, check=True)
    again = testbed("up")
    assert again.returncode == 0, again.stderr
    assert variables["KUBECONFIG"] in testbed("env").stdout.decode()

    assert testbed("fault", "geth-0", "down").returncode == 0
    for _ in range(100):
        try:
            urllib.request.urlopen(variables["GETH_0_URL"] + "/metrics").close()
        except OSError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("the node does not go down")

    assert testbed("reset").returncode == 0
    assert subprocess.run(kubectl, env={"KUBECONFIG": variables["KUBECONFIG"]}).returncode == 0

    assert b"etcd\nkube-apiserver\n" in testbed("logs").stdout
    assert testbed("logs", "kube-apiserver", "-n", "1").stdout.count(b"\n") == 1
    ended = testbed("down", "--all")
    assert ended.stdout == b"the testbed default is gone\n"
    assert not (tmp_path / "testbeds").exists()


def test_status_tells_programs_what_runs(reconciler: Run, tmp_path: Path) -> None:
    folder = TestbedFolder(tmp_path / "testbeds", "default")
    lock = folder.try_lock()
    assert lock is not None
    with subprocess.Popen(["sleep", "60"]) as runs:
        try:
            process = ProcessIdentity.of(runs.pid)
            assert process
            components = (
                Component("etcd", process, "https://127.0.0.1:1"),
                Component("gone", ProcessIdentity(process.pid, "1"), ""),
            )
            own = ProcessIdentity.own()
            (folder.path / "state.json").write_text(
                TestbedState("ready", "", own, components=components).dump()
            )
            where = str(folder.base)
            done = reconciler("testbed", "status", "-o", "json", RECONCILER_TESTBEDS=where)
        finally:
            runs.kill()
            os.close(lock)
    found = json.loads(done.stdout)
    first, second = found["components"]
    assert (done.returncode, found["version"], found["name"]) == (1, 1, "default")
    assert (first["running"], first["address"]) == (True, "https://127.0.0.1:1")
    assert found["bytes"] > first["bytes"] > 0
    assert second == {"name": "gone", "running": False, "address": None, "bytes": 0}
    assert b"gone ended" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["status"], "there is no testbed default"),
        (["env", "--name", "other"], "reconciler testbed up --name other starts one"),
        (["logs", "etcd"], "there is no testbed default"),
        (["fault", "geth-0", "down"], "there is no testbed default"),
        (["reset"], "there is no testbed default"),
        (["up", "--name", "../there"], "cannot be the name of a testbed"),
        (["up", "--crds", "monitoring,mesh"], "there are no definitions of mesh"),
        (["up", "--nodes", "parity"], "parity is not a simulated node"),
    ],
)
def test_a_mistake_is_explained_and_nothing_is_started(
    testbed: Testbed, tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = testbed(*arguments)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert not (tmp_path / "testbeds").exists()


def test_the_end_of_one_that_is_not_there_is_no_mistake(testbed: Testbed) -> None:
    done = testbed("down")
    assert (done.returncode, done.stdout) == (0, b"there is no testbed default\n")


def test_without_go_and_without_programs_it_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not even beside this very Python, where the tests may have put one."""
    for name in ("PEERS", "TESTBEDS"):
        monkeypatch.setenv(f"RECONCILER_{name}", str(tmp_path / name))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("sysconfig.get_path", lambda _: "/nowhere")
    assert run(["testbed", "up"]) == 2
    error = capfd.readouterr().err
    assert "which the peers are compiled with" in error
    assert "gitops-reconciler[testbed]" in error


def test_without_a_network_it_says_what_it_needs_one_for(testbed: Testbed, tmp_path: Path) -> None:
    done = testbed(
        "up",
        RECONCILER_PEERS=str(tmp_path / "peers"),
        GOMODCACHE=str(tmp_path / "modules"),
        GOPROXY="http://127.0.0.1:9",
        GOFLAGS="-modcacherw",
    )
    assert done.returncode == 2
    assert "the sources are downloaded the first time" in done.stderr.decode()


@pytest.mark.usefixtures("control_plane")
@pytest.mark.parametrize("variable", ["RECONCILER_PEERS", "RECONCILER_TESTBEDS"])
def test_a_folder_that_cannot_be_written_is_named(
    reconciler: Run, tmp_path: Path, variable: str
) -> None:
    (tmp_path / "file").touch()
    done = reconciler("testbed", "up", **{variable: str(tmp_path / "file" / "below")})
    assert done.returncode == 2
    assert variable in done.stderr.decode()
