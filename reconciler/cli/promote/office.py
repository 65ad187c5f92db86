"""All that a command needs that writes promotions, opened together and closed together."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.cli.promote.evidence import open_sources
from reconciler.cli.promote.forge import OWN, Reached, open_forge
from reconciler.cli.promote.planning import open_planner
from reconciler.git.branches import SeenBranches
from reconciler.git.workbench import Committer, Workbench
from reconciler.promotion.conduct.assessment import Assessor
from reconciler.promotion.conduct.branch import Shop
from reconciler.promotion.conduct.desk import Desk
from reconciler.promotion.conduct.lock import Lock
from reconciler.render.binary import CHECKING

if TYPE_CHECKING:
    from reconciler.git.repository import Repository
    from reconciler.promotion.gates.sources.sources import Sources

LEASE = 60.0


@dataclass(frozen=True, slots=True)
class Office:
    desk: Desk
    assessor: Assessor
    sources: Sources
    reached: Reached

    @contextmanager
    def alone(self, lease: float = LEASE, patience: float = 90.0) -> Iterator[None]:
        """As the only one who writes promotions in this repository, and on its newest state."""
        lock = Lock(
            self.reached.branches,
            self.desk.shop.workbench.root,
            f"{socket.gethostname()} ({os.getpid()})",
            seconds=lease,
            patience=patience,
        )
        with lock:
            self.desk.check = lock.check
            self.desk.refresh()
            yield


@contextmanager
def open_office(
    repository: Repository, kind: str, *, cache: bool, offline: bool = False
) -> Iterator[Office]:
    with ExitStack() as stack:
        reached = stack.enter_context(open_forge(repository.path, kind))
        planner = stack.enter_context(
            open_planner(repository, CHECKING, cache=cache, offline=offline)
        )
        sources = stack.enter_context(open_sources())
        committer = None
        if reached.forge.kind != OWN:
            user = reached.forge.user()
            committer = Committer(user, f"{user}@users.noreply.invalid")
        shop = Shop(Workbench(repository.path, committer), SeenBranches(reached.branches))
        desk = Desk(shop, reached.forge, planner)
        assessor = Assessor(planner.renderer, sources, lambda: datetime.now(UTC), reached.forge)
        yield Office(desk, assessor, sources, reached)
