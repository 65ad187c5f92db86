"""Processes that end with the one that started them, and that are never mistaken for others."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PR_SET_PDEATHSIG = 1
LINUX = sys.platform == "linux"
libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process: its number, and its start, which tells it from a later one of that number."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity | None:
        """The process that has this number now."""
        started = _started(pid)
        return cls(pid, started) if started else None

    @classmethod
    def own(cls) -> ProcessIdentity:
        return cls(os.getpid(), _started(os.getpid()))

    def alive(self) -> bool:
        return self == ProcessIdentity.of(self.pid)

    def kill_group(self) -> None:
        """End it and what it started, if it is still the same process."""
        if self.alive():
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)

    def memory(self) -> int:
        """Bytes of memory that are its own, with its fair share of what is shared."""
        if LINUX:
            return _kib_of(Path(f"/proc/{self.pid}/smaps_rollup"), "Pss:") * 1024
        said = _ps(self.pid, "rss=")
        return int(said or 0) * 1024


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    environment: Mapping[str, str],
    stdin: bytes = b"",
) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own. On Linux it dies when we do.

    Only the main thread may call this: Linux takes the end of the thread that forked for ours.
    """
    us = os.getpid()
    with open(log, "ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=environment,
            process_group=0,
            preexec_fn=lambda: die_with(us),
        )
    if child.stdin:
        with child.stdin:
            child.stdin.write(stdin)
    return child


def die_with(parent: int) -> None:
    """Ask Linux to end this process when its parent ends."""
    if LINUX:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def wait_gone(identities: Sequence[ProcessIdentity], seconds: float) -> bool:
    """Whether all of these ended within that time."""
    limit = time.monotonic() + seconds
    while any(identity.alive() for identity in identities):
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def _started(pid: int) -> str:
    """When this process started, or nothing if there is none or it is only waited for."""
    if not LINUX:
        return _ps(pid, "lstart=")
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def _ps(pid: int, field: str) -> str:
    answer = subprocess.run(["ps", "-o", field, "-p", str(pid)], capture_output=True, text=True)
    return answer.stdout.strip()


def _kib_of(file: Path, label: str) -> int:
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(label)), 0)
