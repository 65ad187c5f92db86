"""The schema of the real kernel."""

from __future__ import annotations

import pytest

from reconciler.compare.structure import Structure, read_structure
from reconciler.render.kernel_process import Kernel


@pytest.fixture(scope="session")
def structure(kernel: Kernel) -> Structure:
    return read_structure(kernel.structure())
