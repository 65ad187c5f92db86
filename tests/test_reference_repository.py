"""This repository's own fleets render as kustomize renders them: nobody is locked in."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.git.worktree import WorkTree
from reconciler.render.folders import kustomizations
from reconciler.render.options import DEFAULTS
from reconciler.render.process import Kernel

ROOT = Path(__file__).parents[1]
FOLDERS = kustomizations(WorkTree(str(ROOT)), ["overlays/**", "environments/**", "policies"])


def test_there_is_something_to_compare() -> None:
    assert {f"environments/{e}/gethrelay" for e in ("dev", "stage", "prod")} <= set(FOLDERS)


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_renders_as_kustomize_builds_it(
    folder: str, kernel: Kernel, kustomize: Callable[..., subprocess.CompletedProcess[bytes]]
) -> None:
    expected = kustomize(ROOT / folder)
    found = kernel.render(WorkTree(str(ROOT)), folder, DEFAULTS).result()
    assert found.manifest == expected.stdout
    assert found.manifest or folder.startswith("overlays/gethrelay/components/")
    assert not expected.stderr
