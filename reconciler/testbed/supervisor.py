"""Starts the programs of a testbed, and keeps its folder's state true."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reconciler.errors import ReconcilerError, TestbedError
from reconciler.testbed.folder import (
    FAILED,
    READY,
    STARTING,
    Component,
    TestbedFolder,
    TestbedState,
    last_lines,
)
from reconciler.testbed.launch_options import TestbedOptions
from reconciler.testbed.processes import ProcessIdentity, spawn, wait_gone

TYPE_CHECKING = False
if TYPE_CHECKING:
    import subprocess

BUSY_PORT = ("address already in use", "Address already in use")
MAX_STARTS = 5
START_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start one program, and how to know that it is ready."""

    name: str
    command: Sequence[str | Path]
    ready: Callable[[], bool]
    address: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""


class Stopped(Exception):
    """Somebody wants the testbed to end, or nobody wants it any more."""


class Supervisor:
    """Starts programs in a folder, and keeps the folder's state true."""

    def __init__(
        self, folder: TestbedFolder, options: TestbedOptions, programs: Mapping[str, Path]
    ) -> None:
        self.folder = folder
        self.options = options
        self.programs = programs
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._owners = os.open(folder.owners, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._kept = False
        self._told = False
        self._state = TestbedState(STARTING, "", ProcessIdentity.own(), options)
        signal.signal(signal.SIGTERM, lambda *_: self._tell())
        folder.save(self._state)

    def say(self, doing: str) -> None:
        self._change(doing=doing)

    def publish(self, **variables: str) -> None:
        """Give these to those who ask for env."""
        self._change(variables={**self._state.variables, **variables})

    def offer(self, program: str) -> None:
        """Have this program on the PATH of those who use the testbed."""
        (self.folder.bin / program).symlink_to(self.programs[program])

    def by_name(self, program: str) -> Path:
        """A link with its name, for a program that signs what it writes with that of its file."""
        link = self.folder.temporary / program
        link.unlink(missing_ok=True)
        link.symlink_to(self.programs[program])
        return link

    def environment(self) -> dict[str, str]:
        """Nothing of the user's own configuration takes part."""
        kept = {n: os.environ[n] for n in ("LANG", "SSL_CERT_FILE") if n in os.environ}
        folder = str(self.folder.path)
        path = f"{self.folder.bin}:{os.environ.get('PATH', os.defpath)}"
        return kept | {"PATH": path, "HOME": folder, "TMPDIR": str(self.folder.temporary)}

    def start(self, *makers: Callable[[], Launch]) -> list[Launch]:
        """Start programs and wait until they are ready, on other ports if theirs are taken."""
        begun = [(make, make()) for make in makers]
        children = [self.begin(launch) for _, launch in begun]
        return [
            self._until_ready(make, launch, child)
            for (make, launch), child in zip(begun, children, strict=True)
        ]

    def begin(self, launch: Launch) -> subprocess.Popen[bytes]:
        """Start a program without waiting for it."""
        self.say(f"starting {launch.name}")
        child = spawn(
            [str(part) for part in launch.command],
            log=self.folder.log(launch.name),
            cwd=self.folder.path,
            environment={**self.environment(), **launch.environment},
            stdin=launch.stdin,
        )
        self._children[launch.name] = child
        identity = ProcessIdentity.of(child.pid) or ProcessIdentity(child.pid, "it ended at once")
        others = tuple(c for c in self._state.components if c.name != launch.name)
        self._change(components=(*others, Component(launch.name, identity, launch.address)))
        return child

    def wait(self, what: str, condition: Callable[[], bool]) -> None:
        """Wait until this is so; a program that ends meanwhile ends the start."""
        limit = time.monotonic() + START_SECONDS
        while not condition():
            self.check()
            self._check_children()
            if time.monotonic() > limit:
                raise TestbedError(f"{what} took longer than {START_SECONDS:.0f} s")
            time.sleep(0.05)

    def check(self) -> None:
        """Whether to go on at all."""
        if self._told or not self._owned():
            raise Stopped

    def serve(self) -> None:
        """Be there until nobody needs the testbed."""
        self._change(phase=READY, doing="")
        while True:
            self.check()
            for child in self._children.values():
                child.poll()  # one that has ended is reaped, so that nobody sees it as running
            time.sleep(0.1)

    def stop(self) -> None:
        """End all programs; nothing in them is worth a farewell."""
        running = [c.process for c in self._state.components]
        for process in running:
            process.kill_group()
        for child in self._children.values():
            child.kill()
            child.wait()
        wait_gone(running, 10)

    def fail(self, error: ReconcilerError) -> None:
        self._change(phase=FAILED, failure=(error.what, error.why))

    def _until_ready(
        self, make: Callable[[], Launch], launch: Launch, child: subprocess.Popen[bytes]
    ) -> Launch:
        for _ in range(MAX_STARTS):
            self.say(f"waiting for {launch.name}")
            if self._comes_up(launch, child):
                return launch
            launch = make()
            child = self.begin(launch)
        raise TestbedError(f"{launch.name} found no free port in {MAX_STARTS} tries")

    def _comes_up(self, launch: Launch, child: subprocess.Popen[bytes]) -> bool:
        """False if it must be tried again with other ports."""
        limit = time.monotonic() + START_SECONDS
        while not launch.ready():
            self.check()
            if child.poll() is not None and self._found_its_port_busy(launch.name):
                return False
            self._check_children()
            if time.monotonic() > limit:
                raise TestbedError(
                    f"{launch.name} was not ready after {START_SECONDS:.0f} s",
                    why=last_lines(self.folder.log(launch.name), 1),
                )
            time.sleep(0.05)
        return True

    def _check_children(self) -> None:
        for name, child in self._children.items():
            if child.poll() is not None and not self._found_its_port_busy(name):
                raise self._ended(name, child)

    def _found_its_port_busy(self, name: str) -> bool:
        end = last_lines(self.folder.log(name), 30)
        return any(words in end for words in BUSY_PORT)

    def _ended(self, name: str, child: subprocess.Popen[bytes]) -> TestbedError:
        return TestbedError(
            f"{name} ended with code {child.returncode}",
            why=last_lines(self.folder.log(name), 1),
        )

    def _owned(self) -> bool:
        """A pipe that nobody has open for writing is at its end; else there is nothing yet."""
        if not self._kept:
            try:
                self._kept = bool(os.read(self._owners, 64))
            except BlockingIOError:
                return True
        return self._kept

    def _tell(self) -> None:
        self._told = True

    def _change(self, **fields: object) -> None:
        self._state = replace(self._state, **fields)  # type: ignore[arg-type]
        self.folder.save(self._state)
