"""All that a command needs that writes promotions, opened together and closed together."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial

from reconciler.git.branches import SeenBranches
from reconciler.promotion.pull_request.arrival_witness import Known, Witness
from reconciler.promotion.pull_request.assessment import Assessor
from reconciler.promotion.pull_request.lock import Lock, Watch
from reconciler.promotion.pull_request.session import PromotionSession
from reconciler.render.binary import CHECKING
from reconciler.session.forge import open_forge
from reconciler.session.health import open_sources
from reconciler.session.planner import open_planner
from reconciler.session.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.git.branches import Branches
    from reconciler.git.repository import Repository

LEASE = 60.0


@contextmanager
def open_promotion_session(
    settings: Settings,
    repository: Repository,
    kind: str,
    *,
    cache: bool,
    offline: bool = False,
    seen: Known | None = None,
    warn: Callable[[str], None],
    reads_only: bool = False,
) -> Iterator[tuple[PromotionSession, Branches]]:
    """And the references that its lock is one of.

    If it `reads_only`, no commit is noted as seen: its date has to do.
    """
    with ExitStack() as stack:
        reached = stack.enter_context(open_forge(settings, repository.path, kind))
        planner = stack.enter_context(
            open_planner(settings, repository, CHECKING, cache=cache, offline=offline)
        )
        sources = stack.enter_context(open_sources(settings))
        if reached.caveat:
            warn(reached.caveat)
        witness = Witness(reached.forge, lambda: session.check(), {} if seen is None else seen)
        witnessed = None if reads_only else witness
        now = partial(datetime.now, UTC)
        session = PromotionSession(
            reached.make_bench(),
            SeenBranches(reached.branches),
            reached.forge,
            planner,
            Assessor(planner.renderer, sources, now, reached.forge, witnessed),
            sources,
        )
        yield session, reached.branches


@contextmanager
def open_locked_session(
    settings: Settings,
    repository: Repository,
    kind: str,
    *,
    cache: bool,
    offline: bool = False,
    lease: float = LEASE,
    patience: float = 90.0,
    watch: Watch | None = None,
    seen: Known | None = None,
    warn: Callable[[str], None],
) -> Iterator[PromotionSession]:
    """As the only one who writes promotions in this repository, and on its newest state."""
    opened = open_promotion_session(
        settings, repository, kind, cache=cache, offline=offline, seen=seen, warn=warn
    )
    with opened as (session, branches):
        owner = f"{socket.gethostname()} ({os.getpid()})"
        root = session.builder.root
        with Lock(branches, root, owner, seconds=lease, patience=patience, watch=watch) as lock:
            session.check = lock.check
            session.refresh()
            yield session
