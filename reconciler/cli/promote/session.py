"""All that a command needs that writes promotions, opened together and closed together."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from reconciler.cli.output import show_warning
from reconciler.cli.promote.evidence import open_sources
from reconciler.cli.promote.forge import Reached, open_forge
from reconciler.cli.promote.planning import open_planner
from reconciler.git.branches import SeenBranches
from reconciler.promotion.pull_request.arrival_witness import Known, Witness
from reconciler.promotion.pull_request.assessment import Assessor
from reconciler.promotion.pull_request.branch import Shop
from reconciler.promotion.pull_request.desk import Desk
from reconciler.promotion.pull_request.lock import Lock, Watch
from reconciler.render.binary import CHECKING

if TYPE_CHECKING:
    from reconciler.git.repository import Repository
    from reconciler.health.sources import HealthSources

LEASE = 60.0


@dataclass(frozen=True, slots=True)
class PromotionSession:
    desk: Desk
    assessor: Assessor
    sources: HealthSources
    reached: Reached

    @contextmanager
    def alone(
        self, lease: float = LEASE, patience: float = 90.0, watch: Watch | None = None
    ) -> Iterator[None]:
        """As the only one who writes promotions in this repository, and on its newest state."""
        lock = Lock(
            self.reached.branches,
            self.desk.shop.workbench.root,
            f"{socket.gethostname()} ({os.getpid()})",
            seconds=lease,
            patience=patience,
            watch=watch,
        )
        with lock:
            self.desk.check = lock.check
            self.desk.refresh()
            yield


@contextmanager
def open_promotion_session(
    repository: Repository,
    kind: str,
    *,
    cache: bool,
    offline: bool = False,
    seen: Known | None = None,
    warn: Callable[[str], None] = show_warning,
) -> Iterator[PromotionSession]:
    with ExitStack() as stack:
        reached = stack.enter_context(open_forge(repository.path, kind))
        planner = stack.enter_context(
            open_planner(repository, CHECKING, cache=cache, offline=offline)
        )
        sources = stack.enter_context(open_sources())
        if reached.caveat:
            warn(reached.caveat)
        shop = Shop(reached.make_bench(), SeenBranches(reached.branches))
        desk = Desk(shop, reached.forge, planner)
        witness = Witness(reached.forge, lambda: desk.check(), {} if seen is None else seen)
        now = partial(datetime.now, UTC)
        assessor = Assessor(planner.renderer, sources, now, reached.forge, witness)
        yield PromotionSession(desk, assessor, sources, reached)
