"""Starting a testbed, joining one that runs, and ending it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from reconciler.errors import TestbedError
from reconciler.testbed.folder import FAILED, READY, TestbedFolder, TestbedState, last_lines
from reconciler.testbed.launch_options import TestbedOptions, write_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

STOP_SECONDS = 30.0
# etcd reserves files of this size before it writes into them.
MIN_FREE_BYTES = 128 << 20
PACKAGES = Path(__file__).parents[2]


class Testbed:
    """A testbed that is ready, and that lives for at least as long as this is open."""

    def __init__(self, folder: TestbedFolder, state: TestbedState, owner: int) -> None:
        self.folder = folder
        self.state = state
        self._owner = owner

    def keep(self) -> None:
        """Let it live on when this is closed."""
        os.write(self._owner, b"keep")

    def close(self) -> None:
        """Give it up; without another owner it ends."""
        os.close(self._owner)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def up(
    folder: TestbedFolder,
    options: TestbedOptions,
    programs: dict[str, Path],
    say: Callable[[str], None] = lambda _: None,
) -> Testbed:
    """A testbed with at least these parts: a new one, or the one of this name that runs."""
    try:
        lock = folder.try_lock()
        owner = _join(folder) if lock is None else _begin(folder, lock, options, programs)
    except OSError as e:
        raise TestbedError(
            f"the folder {folder.path} cannot be written",
            why=e.strerror or str(e),
            hint="make room, or name another folder in RECONCILER_TESTBEDS",
        ) from e
    try:
        state = _wait_ready(folder, say)
        if not state.options.includes(options):
            raise TestbedError(
                f"the testbed {folder.name} runs without some of what is asked for",
                hint="end it with reconciler testbed down, or name another with --name",
            )
        if ended := state.ended():
            raise TestbedError(
                f"the testbed {folder.name} is up, but {', '.join(ended)} ended",
                hint="reconciler testbed reset starts it again",
            )
    except BaseException:
        os.close(owner)
        raise
    return Testbed(folder, state, owner)


def down(folder: TestbedFolder) -> bool:
    """End it and remove all its files; whether there was something."""
    there = folder.path.exists()
    state = folder.state()
    if state and folder.alive():
        _signal(state.supervisor.pid, signal.SIGTERM, folder)
        if not folder.wait_dead(STOP_SECONDS):
            _signal(state.supervisor.pid, signal.SIGKILL, folder)
            folder.wait_dead(STOP_SECONDS)
    if folder.path.exists():
        lock = folder.try_lock()
        if lock is None:
            raise TestbedError(
                f"the testbed {folder.name} is just being started by somebody else",
                hint="try again in a moment",
            )
        try:
            folder.remove()
        finally:
            os.close(lock)
    return there


def _signal(pid: int, number: int, folder: TestbedFolder) -> None:
    """Signal the supervisor: the lock says that this number is still its own."""
    if not hasattr(os, "pidfd_open"):
        os.kill(pid, number)
        return
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        if folder.alive():
            signal.pidfd_send_signal(process, number)
    except ProcessLookupError:
        pass
    finally:
        os.close(process)


def _begin(
    folder: TestbedFolder, lock: int, options: TestbedOptions, programs: dict[str, Path]
) -> int:
    """Start a supervisor, which gets the lock; we are the first owner."""
    try:
        folder.clear()
        _lay_out(folder)
        # Open for both, so that it opens though nobody reads yet.
        owner = os.open(folder.owners, os.O_RDWR | os.O_CLOEXEC)
        write_order(folder.order, options, programs)
        _spawn_supervisor(folder, lock)
    finally:
        os.close(lock)
    return owner


def _lay_out(folder: TestbedFolder) -> None:
    for path in (folder.logs, folder.bin, folder.temporary):
        path.mkdir(mode=0o700)
    os.mkfifo(folder.owners, 0o600)


def _spawn_supervisor(folder: TestbedFolder, lock: int) -> None:
    with open(folder.log("supervisor"), "ab") as log:
        # It forks once more, so that it is nobody's child and need not be waited for.
        subprocess.run(
            [
                sys.executable,
                "-P",
                "-m",
                "reconciler.testbed.supervise",
                folder.base,
                folder.name,
                str(lock),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(PACKAGES)},
            pass_fds=[lock],
            start_new_session=True,
            check=True,
        )


def _join(folder: TestbedFolder) -> int:
    """Become an owner too."""
    limit = time.monotonic() + STOP_SECONDS
    while time.monotonic() < limit:
        try:
            return os.open(folder.owners, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:  # it is only just starting, or ending
            if not folder.alive():
                break
            time.sleep(0.05)
    raise TestbedError(f"the testbed {folder.name} is just ending", hint="try again in a moment")


def _wait_ready(folder: TestbedFolder, say: Callable[[str], None]) -> TestbedState:
    said = ""
    while True:
        alive = folder.alive()
        state = folder.state()
        if state and state.phase == READY and alive:
            return state
        if state and state.phase == FAILED:
            raise _failed(folder, *state.failure)
        if not alive:
            why = last_lines(folder.log("supervisor"), 1)
            raise _failed(folder, "the supervisor of the testbed ended before it was ready", why)
        if state and state.doing != said:
            said = state.doing
            say(said)
        time.sleep(0.03)


def _failed(folder: TestbedFolder, what: str, why: str) -> TestbedError:
    if shutil.disk_usage(folder.path).free < MIN_FREE_BYTES:
        why = f"there is no space left in {folder.path}"
        hint = "make room, or name another folder in RECONCILER_TESTBEDS"
        return TestbedError(what, why=why, hint=hint)
    return TestbedError(what, why=why, hint=f"the logs are in {folder.logs}")
