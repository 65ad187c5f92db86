"""Compiles peers from their Go modules: once for each version and platform, into a cache folder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.errors import CannotBuild
from reconciler.testbed.peers import PEERS, Peer
from reconciler.testbed.toolchain import find_go

if TYPE_CHECKING:
    from collections.abc import Iterator

UNUSED_DAYS = 60


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a compilation is; finished says that the program is there."""

    peer: str
    done: int
    total: int
    seconds: float
    finished: bool = False


Report = Callable[[Progress], None]


def build(names: Iterable[str], cache: Path, report: Report = lambda _: None) -> dict[str, Path]:
    """The path of each of these programs, compiled if it is not in the cache."""
    return {name: _built(PEERS[name], cache, report) for name in names}


def missing(names: Iterable[str], cache: Path) -> list[str]:
    """Those of the programs that would have to be compiled."""
    return [name for name in names if not (cache / key(PEERS[name])).exists()]


def key(peer: Peer) -> str:
    """The program's name in the cache: another version, flag or platform has another."""
    digest = hashlib.sha256((peer.folder / "go.mod").read_bytes())
    digest.update((peer.folder / "go.sum").read_bytes())
    digest.update(f"{peer.package} {peer.tags} {peer.link_flags()}".encode())
    machine = f"{platform.system()}-{platform.machine()}".lower()
    return f"{peer.name}-{digest.hexdigest()[:16]}-{machine}"


def _built(peer: Peer, cache: Path, report: Report) -> Path:
    binary = cache / key(peer)
    if not binary.exists():
        try:
            cache.mkdir(parents=True, exist_ok=True)
            with _alone(binary):
                if not binary.exists():
                    _compile(peer, binary, report)
        except OSError as e:
            raise CannotBuild(
                f"{peer.name} cannot be kept in {cache}",
                why=e.strerror or str(e),
                hint="make room, or name another folder in RECONCILER_PEERS",
            ) from e
        _drop_unused(peer, cache)
    os.utime(binary)
    return binary


@contextmanager
def _alone(binary: Path) -> Iterator[None]:
    """One process at a time compiles a program; the others wait and find it there."""
    with open(f"{binary}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _compile(peer: Peer, binary: Path, report: Report) -> None:
    go = find_go(peer.folder / "go.mod")
    if peer.needs_c and not (shutil.which("cc") or shutil.which("gcc")):
        raise CannotBuild(
            f"{peer.name} needs a C compiler, and there is none", hint="install gcc or clang"
        )
    for leftover in binary.parent.glob(f"{binary.name}.tmp-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    began = time.monotonic()
    report(Progress(peer.name, 0, 0, 0.0))
    with tempfile.TemporaryDirectory(prefix=f"{binary.name}.tmp-", dir=binary.parent) as fresh:
        total = len(_run(peer, [go, "list", "-deps", *_tags(peer), peer.package]).splitlines())
        target = os.path.join(fresh, peer.name)
        with _started(peer, go, target) as running:
            assert running.stderr
            said: list[str] = []
            packages = 0
            for line in running.stderr:
                if _is_package(line):
                    packages += 1
                    report(Progress(peer.name, packages, total, time.monotonic() - began))
                else:
                    said.append(line)
        if running.returncode:
            raise _failed(peer, "".join(said))
        os.replace(target, binary)
    report(Progress(peer.name, total, total, time.monotonic() - began, finished=True))


def _started(peer: Peer, go: str, target: str) -> subprocess.Popen[str]:
    flags = ["-v", "-trimpath", "-buildvcs=false", *_tags(peer), "-ldflags", peer.link_flags()]
    return subprocess.Popen(
        [go, "build", *flags, "-o", target, peer.package],
        cwd=peer.folder,
        env=_environment(peer),
        stderr=subprocess.PIPE,
        text=True,
    )


def _run(peer: Peer, command: list[str]) -> str:
    done = subprocess.run(
        command, cwd=peer.folder, env=_environment(peer), capture_output=True, text=True
    )
    if done.returncode:
        raise _failed(peer, done.stderr)
    return done.stdout


def _environment(peer: Peer) -> dict[str, str]:
    fixed = {"GOFLAGS": "", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    return {**os.environ, **fixed, "CGO_ENABLED": "1" if peer.needs_c else "0"}


def _tags(peer: Peer) -> list[str]:
    return ["-tags", peer.tags] if peer.tags else []


def _is_package(line: str) -> bool:
    """go build -v names a package a line; what else it says has spaces or a # before it."""
    return not line.startswith(("#", "go:")) and len(line.split()) == 1


def _failed(peer: Peer, said: str) -> CannotBuild:
    said = said.strip()
    hint = "what the compiler said is above; the network must serve Go modules the first time"
    if "no space left" in said:
        hint = "make room: the control plane needs about 6 GB while it is compiled"
    elif any(word in said for word in ("dial tcp", "lookup ", "connection refused", "403", "404")):
        hint = "the sources are downloaded the first time; GOPROXY names where from"
    lines = [line for line in said.splitlines() if not line.startswith("go: downloading")]
    return CannotBuild(f"{peer.name} cannot be compiled", why="\n".join(lines[-8:]), hint=hint)


def _drop_unused(peer: Peer, cache: Path) -> None:
    """Older versions of this program that nobody has used for long."""
    limit = time.time() - UNUSED_DAYS * 24 * 3600
    for old in cache.glob(f"{peer.name}-*-{platform.system().lower()}-*"):
        if old.stat().st_mtime < limit:
            old.unlink(missing_ok=True)
