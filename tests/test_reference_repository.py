"""This repository's own fleets render as kustomize renders them: nobody is locked in."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from reconciler.render.folders import kustomizations
from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import DEFAULTS
from tests.reference import ROOT, git_settings, tree

FOLDERS = kustomizations(tree(), ["overlays/**", "environments/**", "examples/**", "policies"])


def test_there_is_something_to_compare() -> None:
    assert {f"environments/{e}/gethrelay" for e in ("dev", "stage", "prod")} <= set(FOLDERS)
    assert {f"examples/embedded/environments/edge/{a}" for a in ("reconciler", "web")} <= set(
        FOLDERS
    )


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_renders_as_kustomize_builds_it(
    folder: str,
    kernel: Kernel,
    kustomize: Callable[..., subprocess.CompletedProcess[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable, value in git_settings().items():
        monkeypatch.setenv(variable, value)
    expected = kustomize(ROOT / folder)
    found = kernel.render(tree(), folder, DEFAULTS).result()
    assert found.manifest == expected.stdout
    assert found.manifest or folder.startswith("overlays/gethrelay/components/")
    assert not expected.stderr
