"""What plans a promotion, opened and closed together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.cli.settings import open_store
from reconciler.cli.source import open_fetched
from reconciler.promotion.plan.planner import Planner
from reconciler.render.binary import BINARY
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer

if TYPE_CHECKING:
    from reconciler.git.repository import Repository


@contextmanager
def open_planner(
    repository: Repository, binary: str = BINARY, *, cache: bool, offline: bool
) -> Iterator[Planner]:
    """Gates and reports need the kernel that checks; a plan alone does not."""
    with Kernel(binary) as kernel, Renderer(open_store(cache), kernel) as renderer:
        kernel.start()  # while the plan is made
        yield Planner(
            repository,
            renderer,
            lambda branch: open_fetched(repository, branch, offline=offline),
        )
