"""Compiles peers from their Go modules: once for each version and platform, into a cache folder."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import CannotBuild
from reconciler.testbed.peers import BUNDLES, PEERS, Bundle, Peer
from reconciler.testbed.toolchain import find_go

TYPE_CHECKING = False
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
    """The path of each of these programs and bundles, made if it is not in the cache."""
    return {
        name: build_if_missing(PEERS.get(name) or BUNDLES[name], cache, report) for name in names
    }


def missing(names: Iterable[str], cache: Path) -> list[str]:
    """Those of the programs that would have to be compiled."""
    return [n for n in names if n in PEERS and not (cache / key(PEERS[n])).exists()]


def key(thing: Peer | Bundle) -> str:
    """Its name in the cache: another version, flag or platform has another."""
    if isinstance(thing, Bundle):
        pins = f"{thing.source} {thing.checksum()} {thing.patterns}".encode()
        return f"{thing.name}-{hashlib.sha256(pins).hexdigest()[:16]}"
    digest = hashlib.sha256((thing.folder / "go.mod").read_bytes())
    digest.update((thing.folder / "go.sum").read_bytes())
    digest.update(f"{thing.package} {thing.tags} {thing.link_flags()}".encode())
    machine = f"{platform.system()}-{platform.machine()}".lower()
    return f"{thing.name}-{digest.hexdigest()[:16]}-{machine}"


def build_if_missing(thing: Peer | Bundle, cache: Path, report: Report = lambda _: None) -> Path:
    """The path of this program or bundle, made if it is not in the cache."""
    target = cache / key(thing)
    try:
        if not target.exists():
            cache.mkdir(parents=True, exist_ok=True)
            with _alone(target) as fresh:
                if not target.exists():
                    made = fresh / thing.name
                    if isinstance(thing, Bundle):
                        _copy(thing, made)
                    else:
                        _compile(thing, made, report)
                    made.rename(target)
            _drop_unused(thing, cache)
        with suppress(PermissionError):  # it may be somebody else's, and shared
            os.utime(target)
    except OSError as e:
        raise CannotBuild(
            f"{thing.name} cannot be kept in {cache}",
            why=e.strerror or str(e),
            hint="make room, or name another folder in RECONCILER_PEERS",
        ) from e
    return target


@contextmanager
def _alone(target: Path) -> Iterator[Path]:
    """A fresh folder to make it in, for one process at a time; others wait and find it made."""
    with open(f"{target}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in target.parent.glob(f"{target.name}.tmp-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=f"{target.name}.tmp-", dir=target.parent) as fresh:
            yield Path(fresh)


def _copy(bundle: Bundle, target: Path) -> None:
    go = find_go(bundle.folder / "go.mod")
    module = f"{bundle.source}@{bundle.version()}"
    done = subprocess.run(
        [go, "mod", "download", "-json", module],
        cwd=target.parent,
        env={**os.environ, "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOWORK": "off"},
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout or "{}")
    if "Dir" not in found:
        raise _failed(bundle.name, found.get("Error") or done.stderr)
    if found["Sum"] != bundle.checksum():
        raise CannotBuild(f"{module} is not what go.sum says", why=f"its sum is {found['Sum']}")
    source = Path(found["Dir"])
    for pattern in bundle.patterns:
        for file in source.glob(pattern):
            if file.is_file():
                copy = target / file.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)


def _compile(peer: Peer, target: Path, report: Report) -> None:
    go = find_go(peer.folder / "go.mod")
    if peer.needs_c and not (shutil.which("cc") or shutil.which("gcc")):
        raise CannotBuild(
            f"{peer.name} needs a C compiler, and there is none", hint="install gcc or clang"
        )
    began = time.monotonic()
    report(Progress(peer.name, 0, 0, 0.0))
    total = len(_run(peer, [go, "list", "-deps", *_tags(peer), peer.package]).splitlines())
    packages = 0
    said: list[str] = []
    with _start_compiling(peer, go, target) as running:
        for line in running.stderr or ():
            if _is_package(line):
                packages += 1
                report(Progress(peer.name, packages, total, time.monotonic() - began))
            else:
                said.append(line)
    if running.returncode:
        raise _failed(peer.name, "".join(said))
    report(Progress(peer.name, total, total, time.monotonic() - began, finished=True))


def _start_compiling(peer: Peer, go: str, target: Path) -> subprocess.Popen[str]:
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
        raise _failed(peer.name, done.stderr)
    return done.stdout


def _environment(peer: Peer) -> dict[str, str]:
    fixed = {"GOFLAGS": "", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    return {**os.environ, **fixed, "CGO_ENABLED": "1" if peer.needs_c else "0"}


def _tags(peer: Peer) -> list[str]:
    return ["-tags", peer.tags] if peer.tags else []


def _is_package(line: str) -> bool:
    """go build -v names a package a line; what else it says has spaces or a # before it."""
    return not line.startswith(("#", "go:")) and len(line.split()) == 1


def _failed(name: str, said: str) -> CannotBuild:
    said = said.strip()
    hint = "--debug shows all that the compiler said"
    if "no space left" in said:
        hint = "make room: the control plane needs about 6 GB while it is compiled"
    elif any(word in said for word in ("dial tcp", "lookup ", "connection refused", "403", "404")):
        hint = "the sources are downloaded the first time; GOPROXY names where from"
    lines = [line for line in said.splitlines() if not line.startswith("go: downloading")]
    return CannotBuild(
        f"{name} cannot be made", why=lines[-1] if lines else "", hint=hint, detail=said
    )


def _drop_unused(thing: Peer | Bundle, cache: Path) -> None:
    """Other versions of it that nobody has used for long."""
    limit = time.time() - UNUSED_DAYS * 24 * 3600
    for old in cache.glob(f"{thing.name}-{'[0-9a-f]' * 16}*"):
        with suppress(FileNotFoundError):  # another process makes or removes things here, too
            if old.stat().st_mtime < limit:
                shutil.rmtree(old) if old.is_dir() else old.unlink()
