"""What the fleets of this repository render to."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import DEFAULTS
from tests.reference import ROOT as ROOT
from tests.reference import tree

Objects = list[dict[str, Any]]


@pytest.fixture(scope="session")
def rendered(kernel: Kernel) -> Callable[[str], Objects]:
    """The objects of a folder of this repository."""

    @cache
    def objects(folder: str) -> Objects:
        manifest = kernel.render(tree(), folder, DEFAULTS).result().manifest
        found: Objects = json.loads(kernel.objects(manifest))
        return found

    return objects
