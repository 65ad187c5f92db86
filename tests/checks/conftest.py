"""Manifests checked as `reconciler check` does it, without a repository around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from reconciler.checks.check import CheckReport, check
from reconciler.checks.finding import Finding
from reconciler.checks.judge import Judge
from reconciler.checks.settings import CheckSettings
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Render, Renderer
from reconciler.trees.memory import MemoryTree

Check = Callable[..., CheckReport]
JudgeOne = Callable[..., tuple[Finding, ...]]


@pytest.fixture
def run_check(checking: Kernel) -> Check:
    """Check the manifests of some apps, by name; other files are there as well."""

    def run(
        manifests: str | Mapping[str, str],
        files: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> CheckReport:
        apps = {"app": manifests} if isinstance(manifests, str) else manifests
        tree = {path: text.encode() for path, text in (files or {}).items()}
        for app, manifest in apps.items():
            tree[f"{app}/kustomization.yaml"] = b"resources: [objects.yaml]\n"
            tree[f"{app}/objects.yaml"] = manifest.encode()
        with Renderer(kernel=checking) as renderer:
            return check(renderer, MemoryTree(tree), [*apps], settings=CheckSettings(**settings))

    return run


@pytest.fixture
def judge_one(checking: Kernel) -> JudgeOne:
    """What the kernel says of a manifest, whether or not Kustomize would have made it."""

    def run(
        manifest: str, files: Mapping[str, str] | None = None, **settings: Any
    ) -> tuple[Finding, ...]:
        tree = MemoryTree({path: text.encode() for path, text in (files or {}).items()})
        render = Render("app", manifest.encode(), [], b"", cached=False)
        with Renderer(kernel=checking) as renderer:
            judge = Judge(renderer, tree, CheckSettings(**settings), [render])
            (found,) = judge.judge([render])
            if found.error:
                raise found.error
            return found.findings

    return run
