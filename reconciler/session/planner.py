"""What plans a promotion, opened and closed together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.promotion.plan.planner import Planner
from reconciler.render.binary import BINARY
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.session.opened import open_store
from reconciler.session.settings import Settings
from reconciler.session.trees import open_fetched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.git.repository import Repository


@contextmanager
def open_planner(
    settings: Settings, repository: Repository, binary: str = BINARY, *, cache: bool, offline: bool
) -> Iterator[Planner]:
    """Gates and reports need the kernel that checks; a plan alone does not."""
    with Kernel(binary) as kernel, Renderer(open_store(settings, cache), kernel) as renderer:
        kernel.start()  # while the plan is made
        yield Planner(
            repository,
            renderer,
            lambda branch: open_fetched(settings, repository, branch, offline=offline),
        )
