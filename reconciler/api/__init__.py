"""For programs: apps of a repository planned, applied and watched in a cluster.

Everything that commands do with clusters can be done by these few; docs/reference/python.md has
examples.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.inventory.record import InventoryItem, ItemState
from reconciler.cluster.reconciled_apps import app_key
from reconciler.cluster.status.status_rules import StatusRules
from reconciler.controller.app import AppInCluster, Desired
from reconciler.controller.loop.source import desired_at
from reconciler.controller.sync.app_status import AppStatus
from reconciler.controller.sync.object_done import ObjectDone, all_good
from reconciler.controller.sync.saved_plan import refuse_what_moved, saved
from reconciler.controller.sync.sync_plan import PlannedObject, SyncPlan, SyncStep
from reconciler.controller.watching.kind_watch import watch_kind
from reconciler.controller.watching.watched_objects import WatchedEvent, WatchedObjects
from reconciler.errors import ReconcilerError
from reconciler.health.kind_rules import status_rules
from reconciler.health.wrong_rules import refuse_wrong_rules
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.fleet import load_fleet
from reconciler.render.binary import BINARY, CHECKING
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from reconciler.session.clusters import access_for
from reconciler.session.opened import open_store
from reconciler.session.settings import Settings
from reconciler.session.trees import open_tree
from reconciler.trees.commit import CommitTree

ACTS = (SyncStep.create, SyncStep.change, SyncStep.delete)
UNSEEN = AppStatus({}, ())


@dataclass(frozen=True, slots=True)
class AppAtCommit:
    """What a repository says of one app."""

    entry: Entry
    environment: Environment
    desired: Desired

    def __str__(self) -> str:
        return str(self.entry)


@dataclass(frozen=True, slots=True)
class PlannedApp:
    """What an apply would do: nothing is written by a plan."""

    app: AppAtCommit
    plan: SyncPlan

    @property
    def changes(self) -> list[PlannedObject]:
        return self.plan.of(*ACTS)


@dataclass(frozen=True, slots=True)
class AppliedApp:
    app: AppAtCommit
    objects: tuple[ObjectDone, ...]

    @property
    def is_good(self) -> bool:
        """Was nothing refused, or held by others?"""
        return all_good(self.objects)


def apps_of(repository: str, names: Iterable[str], revision: str = "HEAD") -> list[AppAtCommit]:
    """The apps of ENV, ENV/APP or globs of these, in a repository at a revision."""
    settings = Settings(os.environ)
    tree = open_tree(settings, os.path.abspath(repository), revision)
    assert isinstance(tree, CommitTree)  # noqa: S101
    fleet, desired = load_fleet(tree), desired_at(os.path.abspath(repository), tree)
    entries = dict.fromkeys(entry for name in names for entry in fleet.entries_called(name))
    return [AppAtCommit(e, fleet.environment(e.environment), desired) for e in entries]


class ReconciledCluster:
    """The cluster of an environment, while it is entered; made by `connect`."""

    def __init__(self, client: ApiClient, renderer: Renderer, rules: StatusRules) -> None:
        self._client = client
        self._renderer = renderer
        self._rules = rules

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.__aexit__(kind, error, traceback)
        self._renderer.__exit__(kind, error, traceback)
        self._renderer.kernel.close()

    async def plan(self, app: AppAtCommit) -> PlannedApp:
        return PlannedApp(app, await self._there(app).plan(self._renderer, app.desired))

    async def apply(self, planned: PlannedApp) -> AppliedApp:
        """What was planned; raises CheckFailed, and writes nothing, if anything moved since."""
        app = planned.app
        there = self._there(app)
        plan = await there.plan(self._renderer, app.desired)
        place = await there.place(app.desired)
        was, now = (
            saved(app.entry, app.desired.commit, place, one) for one in (planned.plan, plan)
        )
        refuse_what_moved(was, now)
        return AppliedApp(app, tuple(await there.sync(plan, app.desired)))

    async def status(self, app: AppAtCommit) -> AppStatus:
        return await self._there(app).status(app.desired)

    async def watch(
        self, apps: Sequence[AppAtCommit]
    ) -> AsyncIterator[tuple[AppAtCommit, AppStatus]]:
        """How apps are, and each time that becomes otherwise; until it is closed."""
        changed: asyncio.Queue[str] = asyncio.Queue()
        live, by_key = WatchedObjects(), {app_key(app.entry): app for app in apps}
        items = {key: await self._applied(app) for key, app in by_key.items()}
        named = {key: [item.identity for item in found] for key, found in items.items()}
        kinds = {(i.version, i.identity.kind) for found in items.values() for i in found}

        def heard(event: WatchedEvent) -> None:
            changed.put_nowait(event.app)

        tasks = [
            asyncio.create_task(
                watch_kind(self._client, *kind, self._rules, live, heard, lambda: None)
            )
            for kind in sorted(kinds)
        ]
        last: dict[str, AppStatus] = {}
        try:
            while True:
                key = await changed.get()
                if key not in by_key:
                    continue
                states = live.of_app(key)
                there_now = {i: states[i].status for i in named[key] if i in states}
                missing = tuple(i for i in named[key] if i not in states)
                found = AppStatus(there_now, missing)
                if found != last.get(key, UNSEEN):
                    last[key] = found
                    yield by_key[key], found
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _applied(self, app: AppAtCommit) -> list[InventoryItem]:
        there = self._there(app)
        await there.read(app.desired)
        return [item for item in there.items.values() if item.state is ItemState.applied]

    def _there(self, app: AppAtCommit) -> AppInCluster:
        return AppInCluster(self._client, app.environment, app.entry, self._rules)


def connect(
    environment: Environment, kubeconfig: str | None = None, context: str | None = None
) -> ReconciledCluster:
    """The cluster that an environment names, or the context that you name."""
    settings = Settings(os.environ)
    client = ApiClient(access_for(settings, environment, kubeconfig, context))
    kernel = Kernel(CHECKING if environment.reconcile.health else BINARY)
    try:
        refuse_wrong_rules(environment, kernel)
    except ReconcilerError:
        kernel.close()
        raise
    rules = status_rules(environment, kernel)
    return ReconciledCluster(client, Renderer(open_store(settings), kernel), rules)
