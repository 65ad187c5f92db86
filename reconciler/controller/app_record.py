"""What `run` remembers of an app between two syncs, all of which a new process finds again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from reconciler.cluster.inventory.record import InventoryItem, ItemState
from reconciler.cluster.status.state import progressing
from reconciler.controller.app import AppInCluster
from reconciler.controller.sync.app_status import AppStatus
from reconciler.controller.watching.watched_objects import WatchedEvent, WatchedState
from reconciler.controller.why_held import Suspension, SyncHold
from reconciler.errors import ReconcilerError
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry

UNSEEN = progressing("no watch has told of it yet")


@dataclass(frozen=True, slots=True)
class Drift:
    """Whose change of an object stands in the cluster, and since when."""

    manager: str  # nobody's name where the server does not say it
    time: str  # as the server says it
    seen_at: datetime
    is_gone: bool = False

    def is_same(self, other: Drift) -> bool:
        """Whenever it was seen."""
        return replace(self, seen_at=other.seen_at) == other


@dataclass(frozen=True, slots=True)
class GoneBack:
    """The release that runs instead of the one that Git has."""

    failed: str  # the commit that did not become well
    to: str


@dataclass(slots=True)
class AppRecord:
    entry: Entry
    rendered: str = ""  # digest of what Git renders now
    synced: str = ""  # digest of what was applied last, and wholly
    commit: str = ""  # that it was applied of
    began: datetime | None = None  # when that release came
    there: AppInCluster | None = None
    heard: list[WatchedEvent] = field(default_factory=list)  # while it is synced
    is_syncing: bool = False
    failures: int = 0
    error: ReconcilerError | None = None
    refused: tuple[tuple[Identity, str], ...] = ()  # and why
    waits: str = ""  # for a hook that goes on
    written: dict[Identity, str] = field(default_factory=dict)  # versions that the last sync made
    drift: dict[Identity, Drift] = field(default_factory=dict)
    hold: SyncHold | None = None
    suspension: Suspension | None = None
    gone_back: GoneBack | None = None
    status: AppStatus = field(default_factory=lambda: AppStatus({}, ()))
    well_since: datetime | None = None
    requested: str = ""  # somebody asked for a sync: the mark of the last request
    handled: str = ""  # the mark of the last that was done
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)  # who writes its inventory

    @property
    def items(self) -> Mapping[Identity, InventoryItem]:
        return self.there.items if self.there else {}

    @property
    def is_current(self) -> bool:
        """Is what Git says applied, and nothing refused or changed since?"""
        applied = self.rendered == self.synced or self.gone_back is not None
        open_ = self.error or self.refused or self.waits or self.drift
        return bool(self.synced) and applied and not open_

    @property
    def is_well(self) -> bool:
        return self.is_current and not self.is_syncing and self.status.is_healthy

    @property
    def is_good(self) -> bool:
        """Did the last sync do all that was to be done?"""
        return self.error is None and not self.refused

    def judge(self, live: Mapping[Identity, WatchedState]) -> AppStatus:
        """By what the watches told. What went is drift; what was just made is not told of yet."""
        named = [i.identity for i in self.items.values() if i.state is ItemState.applied]
        return AppStatus({i: live[i].status if i in live else UNSEEN for i in named}, ())
