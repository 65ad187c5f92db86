"""The folder of one testbed: all its files, and the lock that says whether it is alive.

The supervisor holds the lock for as long as it lives, and the kernel lets go of it when the
supervisor dies, however that happens. So whoever gets the lock knows that what the folder
says of processes is history.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from reconciler.testbed.launch_options import TestbedOptions
from reconciler.testbed.processes import ProcessIdentity, wait_gone

STARTING, READY, FAILED = "starting", "ready", "failed"


@dataclass(frozen=True, slots=True)
class Component:
    """One process of a testbed."""

    name: str
    process: ProcessIdentity
    address: str = ""


@dataclass(frozen=True, slots=True)
class TestbedState:
    """What the supervisor says of its testbed."""

    phase: str
    doing: str
    supervisor: ProcessIdentity
    options: TestbedOptions = field(default_factory=TestbedOptions)
    components: tuple[Component, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    """What env prints: names for shells, and values."""
    failure: tuple[str, str] = ("", "")
    """What went wrong and why, when the phase says so."""

    def ended(self) -> list[str]:
        """The components that should run and do not."""
        return [c.name for c in self.components if not c.process.alive()]

    def dump(self) -> str:
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def load(cls, text: str) -> TestbedState:
        raw = json.loads(text)
        components = tuple(
            Component(c["name"], ProcessIdentity(**c["process"]), c["address"])
            for c in raw["components"]
        )
        return replace(
            cls(raw["phase"], raw["doing"], ProcessIdentity(**raw["supervisor"])),
            options=TestbedOptions.load(raw["options"]),
            components=components,
            variables=raw["variables"],
            failure=tuple(raw["failure"]),
        )


class TestbedFolder:
    """Where the files of the testbed with this name are."""

    def __init__(self, base: Path, name: str) -> None:
        self.base = base
        self.name = name
        self.path = base / name
        self.kubeconfig = self.path / "kubeconfig"
        self.pki = self.path / "pki"
        self.logs = self.path / "logs"
        self.bin = self.path / "bin"
        self.temporary = self.path / "tmp"
        self.order = self.path / "order.json"
        self.owners = self.path / "owners"
        self._state = self.path / "state.json"
        self._lock = self.path / "lock"

    def try_lock(self) -> int | None:
        """The lock, open, unless a supervisor has it."""
        while True:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except FileNotFoundError:
                continue  # somebody has just removed the folder
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return None
            if self._is_our(descriptor):
                return descriptor
            os.close(descriptor)

    def alive(self) -> bool:
        """Whether a supervisor has the lock."""
        try:
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def wait_dead(self, seconds: float) -> bool:
        limit = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > limit:
                return False
            time.sleep(0.02)
        return True

    def clear(self) -> None:
        """End and remove whatever a dead testbed left; the lock is ours, and stays."""
        state = self.state()
        if state:
            left = [component.process for component in state.components]
            for process in left:
                process.kill_group()
            wait_gone(left, 10)
        for entry in self.path.iterdir():
            if entry != self._lock:
                _remove(entry)

    def remove(self) -> None:
        """Remove all of it, the lock last; it is ours."""
        self.clear()
        self._lock.unlink()
        self.path.rmdir()
        with suppress(OSError):  # there may be others in it
            self.base.rmdir()

    def state(self) -> TestbedState | None:
        try:
            return TestbedState.load(self._state.read_text())
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, state: TestbedState) -> None:
        fresh = self._state.with_suffix(".fresh")
        fresh.write_text(state.dump())
        fresh.replace(self._state)

    def log(self, component: str) -> Path:
        return self.logs / f"{component}.log"

    def _is_our(self, descriptor: int) -> bool:
        """Whether the file that is locked is still the one in the folder."""
        try:
            there = os.stat(self._lock)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(descriptor))


def _remove(path: Path) -> None:
    """Also what its owner may not read: Argo CD takes that right from its repositories."""
    if path.is_dir() and not path.is_symlink():
        path.chmod(0o700)
        for entry in path.iterdir():
            _remove(entry)
        path.rmdir()
    else:
        path.unlink()


def last_lines(log: Path, count: int) -> str:
    """The end of a log."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-count:])
