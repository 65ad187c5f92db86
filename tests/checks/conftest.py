"""Manifests checked as `reconciler check` does it, without a repository around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from reconciler.checks.check import Report, check
from reconciler.checks.settings import CheckSettings
from reconciler.git.memory import MemoryTree
from reconciler.render.binary import CHECKING
from reconciler.render.process import Kernel
from reconciler.render.renderer import Renderer

Check = Callable[..., Report]


@pytest.fixture(scope="session")
def checking() -> Iterator[Kernel]:
    with Kernel(CHECKING) as running:
        yield running


@pytest.fixture
def run_check(checking: Kernel) -> Check:
    """Check the manifests of some apps, by name; other files are there as well."""

    def run(
        manifests: str | Mapping[str, str],
        files: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> Report:
        apps = {"app": manifests} if isinstance(manifests, str) else manifests
        tree = {path: text.encode() for path, text in (files or {}).items()}
        for app, manifest in apps.items():
            tree[f"{app}/kustomization.yaml"] = b"resources: [objects.yaml]\n"
            tree[f"{app}/objects.yaml"] = manifest.encode()
        with Renderer(kernel=checking) as renderer:
            return check(renderer, MemoryTree(tree), [*apps], settings=CheckSettings(**settings))

    return run
