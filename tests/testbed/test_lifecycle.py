"""A testbed leaves nothing behind, however it ends, and touches nothing that is not its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler import errors
from reconciler.testbed.folder import READY, Component, TestbedFolder, TestbedState
from reconciler.testbed.launch_options import TestbedOptions
from reconciler.testbed.lifecycle import Testbed, down, up
from reconciler.testbed.loopback import accepts
from reconciler.testbed.processes import ProcessIdentity

UP = """
import sys
from pathlib import Path
from reconciler.testbed.folder import TestbedFolder
from reconciler.testbed.lifecycle import up
from reconciler.testbed.launch_options import TestbedOptions, read_order
base, order = map(Path, sys.argv[1:])
options, programs = read_order(order)
folder = TestbedFolder(base, "one")
with up(folder, options, programs, lambda doing: print(doing, flush=True)) as testbed:
    testbed.keep()
"""


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Path]:
    """A folder for testbeds; what a test leaves in it is ended."""
    base = tmp_path / "testbeds"
    yield base
    for name in os.listdir(base) if base.exists() else ():
        down(TestbedFolder(base, name))


@pytest.fixture
def begin_up(
    base: Path, tmp_path: Path, control_plane: dict[str, Path]
) -> Callable[[], subprocess.Popen[str]]:
    """Start up in a process of its own, which says what it is doing."""
    from reconciler.testbed.launch_options import write_order

    write_order(tmp_path / "order.json", TestbedOptions(), control_plane)

    def begin() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", UP, base, tmp_path / "order.json"],
            stdout=subprocess.PIPE,
            text=True,
        )

    return begin


def processes_of(base: Path) -> list[str]:
    """The processes of testbeds in this folder: they work in it, or it is an argument."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            works_in = os.readlink(entry / "cwd")
            said = (entry / "cmdline").read_bytes().decode().replace("\0", " ")
        except OSError:
            continue
        if works_in.startswith(str(base)) or f"supervise {base}" in said:
            found.append(said)
    return found


def eventually(condition: Callable[[], bool], seconds: float = 60) -> bool:
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.05)
    return True


def port_of(state: TestbedState) -> int:
    address = next(c.address for c in state.components if c.address)
    return int(address.rpartition(":")[2])


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")


@linux_only
def test_two_run_side_by_side_and_the_end_of_one_leaves_the_other(
    base: Path, control_plane: dict[str, Path]
) -> None:
    one, two = TestbedFolder(base, "one"), TestbedFolder(base, "two")
    with (
        up(one, TestbedOptions(), control_plane) as first,
        up(two, TestbedOptions(), control_plane) as second,
    ):
        assert port_of(first.state) != port_of(second.state)
        assert oct(one.kubeconfig.stat().st_mode)[-3:] == "600"
        assert down(one)
        assert not one.path.exists()
        assert not accepts(port_of(first.state))
        assert accepts(port_of(second.state))
    assert eventually(lambda: not base.exists() and not processes_of(base))


@linux_only
def test_one_that_is_up_is_joined_and_told_when_something_in_it_ended(
    base: Path, control_plane: dict[str, Path]
) -> None:
    folder = TestbedFolder(base, "one")
    first = up(folder, TestbedOptions(), control_plane)
    second = up(folder, TestbedOptions(), control_plane)
    assert first.state.supervisor == second.state.supervisor
    first.close()
    time.sleep(1)
    assert folder.alive()
    scheduler = next(c for c in second.state.components if c.name == "kube-scheduler")
    scheduler.process.kill_group()
    assert eventually(lambda: not scheduler.process.alive())
    with pytest.raises(errors.TestbedError, match="is up, but kube-scheduler ended"):
        up(folder, TestbedOptions(), control_plane)
    second.close()  # the last owner
    assert eventually(lambda: not base.exists() and not processes_of(base))


def test_one_that_lacks_a_part_says_so_rather_than_pretend(testbed: Testbed) -> None:
    with pytest.raises(errors.TestbedError, match="without some of what is asked for"):
        up(testbed.folder, TestbedOptions(crds=("unheard-of",)), {})


@linux_only
@pytest.mark.parametrize("seconds", [0.2, 0.5, 0.8, 1.5, 4])
def test_an_up_that_is_killed_half_way_leaves_nothing(
    seconds: float, base: Path, begin_up: Callable[[], subprocess.Popen[str]]
) -> None:
    folder = TestbedFolder(base, "one")
    with begin_up() as process:
        time.sleep(seconds)
        process.kill()
        finished = process.wait() == 0
    if not finished:  # on a quick machine it was no longer half way
        assert eventually(lambda: not folder.alive() and not processes_of(base))
    down(folder)
    assert not base.exists()
    assert not processes_of(base)


@linux_only
@pytest.mark.parametrize("moment", ["apiserver", "ready"])
def test_when_the_supervisor_is_killed_all_ends_and_the_next_up_works(
    moment: str,
    base: Path,
    control_plane: dict[str, Path],
    begin_up: Callable[[], subprocess.Popen[str]],
) -> None:
    folder = TestbedFolder(base, "one")
    with begin_up() as process:
        assert process.stdout
        for line in process.stdout:
            if moment in line:
                break
        state = folder.state()
        assert state
        os.kill(state.supervisor.pid, signal.SIGKILL)
    assert eventually(lambda: not processes_of(base))
    assert eventually(lambda: not folder.alive())
    if moment == "ready":
        with up(folder, TestbedOptions(), control_plane) as testbed:
            assert testbed.state.phase == READY
    else:
        assert down(folder)
    assert eventually(lambda: not base.exists() and not processes_of(base))


def test_a_stale_file_that_names_a_foreign_process_does_it_no_harm(base: Path) -> None:
    folder = TestbedFolder(base, "one")
    folder.path.mkdir(parents=True)
    with subprocess.Popen(["sleep", "60"], process_group=0) as foreign:
        mistaken = ProcessIdentity(foreign.pid, "1")
        folder.save(
            TestbedState(
                READY,
                "",
                mistaken,
                components=(Component("etcd", mistaken), Component("x", mistaken)),
            )
        )
        assert not folder.alive()
        assert down(folder)
        assert foreign.poll() is None
        foreign.kill()
    assert not base.exists()


def test_a_folder_that_its_owner_may_not_read_is_removed_too(base: Path) -> None:
    """Argo CD keeps its repositories in one; root may read it anyway."""
    folder = TestbedFolder(base, "one")
    hidden = folder.path / "tmp" / "hidden"
    (hidden / "below").mkdir(parents=True)
    (folder.path / "link").symlink_to(base.parent)
    hidden.chmod(0o300)
    assert down(folder)
    assert not base.exists()
    assert base.parent.exists()


def test_a_port_that_somebody_else_has_taken_meanwhile_is_replaced(
    base: Path, control_plane: dict[str, Path], tmp_path: Path
) -> None:
    """The API server is told a busy port the first time, as if it had been taken just now."""
    real = control_plane["kube-apiserver"]
    twice = tmp_path / "kube-apiserver"
    twice.write_text(
        f"""#!{sys.executable}
import os, socket, sys
port = next(a for a in sys.argv if a.startswith("--secure-port=")).partition("=")[2]
if not os.path.exists("tried"):
    open("tried", "w").close()
    taken = socket.socket()
    taken.bind(("127.0.0.1", int(port)))
    taken.listen()
    os.set_inheritable(taken.fileno(), True)
    sys.exit(os.spawnv(os.P_WAIT, {str(real)!r}, sys.argv))
os.execv({str(real)!r}, sys.argv)
"""
    )
    twice.chmod(0o755)
    folder = TestbedFolder(base, "one")
    with up(folder, TestbedOptions(), control_plane | {"kube-apiserver": twice}) as testbed:
        assert "address already in use" in folder.log("kube-apiserver").read_text()
        assert accepts(port_of(testbed.state))


def test_a_program_that_does_not_run_is_named_with_its_last_words(
    base: Path, control_plane: dict[str, Path], tmp_path: Path
) -> None:
    broken = tmp_path / "etcd"
    broken.write_text("#!/bin/sh\necho 'no such luck'\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(errors.TestbedError, match="etcd ended with code 3") as found:
        up(TestbedFolder(base, "one"), TestbedOptions(), control_plane | {"etcd": broken})
    assert found.value.why == "no such luck"
    assert "logs" in found.value.hint
