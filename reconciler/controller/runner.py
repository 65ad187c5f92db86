"""Clusters kept as Git says: new commits are applied, and what somebody changes is set back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.inventory.record import InventoryItem
from reconciler.cluster.inventory.store import apps_with_inventory
from reconciler.cluster.ownership import own_digest
from reconciler.controller.app import AppInCluster, Desired
from reconciler.controller.desired import app_key, manager_of
from reconciler.controller.drift_watch import LiveEvent, watch_kind, who_changed
from reconciler.controller.source import GitState
from reconciler.controller.sync import ObjectDone
from reconciler.controller.sync_plan import without_drift
from reconciler.errors import ReconcilerError
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry
from reconciler.model.paths import AppName
from reconciler.render.renderer import Renderer

WORKERS = 4
FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 5.0, 300.0


@dataclass(frozen=True, slots=True)
class AppEvent:
    """What a person reads of one app: a sync that did something, a drift, or an error."""

    entry: Entry
    what: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    error: ReconcilerError | None = None
    warns: bool = False  # somebody should look, though nothing failed


Told = Callable[[AppEvent], None]


@dataclass(slots=True)
class _App:
    """What is remembered of an app between two syncs, all of which a new process finds again."""

    entry: Entry
    items: dict[Identity, InventoryItem] = field(default_factory=dict)
    heard: list[LiveEvent] = field(default_factory=list)  # while it is synced
    is_syncing: bool = False
    failures: int = 0


class Runner:
    """Syncs each app when Git has a new commit, when something of it drifts, and now and then."""

    def __init__(
        self,
        state: GitState,
        clients: Mapping[str, ApiClient],
        renderer: Renderer,
        told: Told,
    ) -> None:
        self._state = state
        self._clients = clients  # by environment
        self._renderer = renderer
        self._told = told
        self._due: asyncio.Queue[Entry] = asyncio.Queue()
        self._waiting: set[Entry] = set()
        self._apps: dict[tuple[str, str], _App] = {}  # by environment and key
        self._watched: dict[tuple[str, str, str], asyncio.Task[None]] = {}
        self._later: set[asyncio.Task[None]] = set()
        self._gone: set[Entry] = set()
        self._stopping = asyncio.Event()
        self._stays = False
        self._broken: BaseException | None = None

    async def run(
        self, look: Callable[[], Awaitable[GitState]], interval: float, stopping: asyncio.Event
    ) -> None:
        """Until `stopping` is set; what is being written then is written to its end."""
        self._stays = True
        workers = [self._begun(self._work(), stopping) for _ in range(WORKERS)]
        self._stopping = stopping
        self._all_due()
        try:
            await self._tell_of_gone()
            while not stopping.is_set():
                try:
                    await asyncio.wait_for(stopping.wait(), interval)
                except TimeoutError:
                    await self._looked(look)
            await self._idle()
            if self._broken:
                raise self._broken
        finally:
            tasks = [*workers, *self._watched.values(), *self._later]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def once(self) -> bool:
        """Everything once; whether all went well."""
        good = [await self._synced(entry) for entry in self._entries()]
        return all(good)

    def _begun(
        self, work: Coroutine[Any, Any, None], stopping: asyncio.Event
    ) -> asyncio.Task[None]:
        """A task whose end by a fault of ours ends all of it, instead of being overlooked."""

        def ended(task: asyncio.Task[None]) -> None:
            if not task.cancelled() and (fault := task.exception()):
                self._broken = fault
                stopping.set()

        task = asyncio.create_task(work)
        task.add_done_callback(ended)
        return task

    async def _looked(self, look: Callable[[], Awaitable[GitState]]) -> None:
        """The last good commit stays in force where Git cannot be reached, or is broken."""
        try:
            self._state = await look()
        except ReconcilerError as e:
            for entry in self._entries()[:1]:
                self._told(AppEvent(entry, "Git could not be read", error=e))
        self._all_due()
        await self._tell_of_gone()

    async def _tell_of_gone(self) -> None:
        """Once of each app: nothing of it is deleted before somebody says so."""
        for name, client in self._clients.items():
            environment = self._state.fleet.environment(name)
            there = {app_key(environment.entry(app)) for app in environment.folders}
            try:
                apps = await apps_with_inventory(client, name)
            except ReconcilerError:
                continue  # it is asked again in the next round
            for app in apps:
                entry = environment.entry(AppName(app))
                if app_key(entry) in there:
                    self._gone.discard(entry)
                elif entry not in self._gone:
                    self._gone.add(entry)
                    fields = {"hint": f"reconciler uninstall {entry} --yes"}
                    self._told(AppEvent(entry, "in Git no more, and still there", fields))

    async def _idle(self) -> None:
        while any(app.is_syncing for app in self._apps.values()):
            await asyncio.sleep(0.05)

    def _entries(self) -> list[Entry]:
        return [e for e in self._state.fleet.entries if e.environment in self._clients]

    def _all_due(self) -> None:
        for entry in self._entries():
            self._is_due(entry)

    def _is_due(self, entry: Entry) -> None:
        if entry not in self._waiting:
            self._waiting.add(entry)
            self._due.put_nowait(entry)

    async def _work(self) -> None:
        while True:
            entry = await self._due.get()
            app = self._app(entry)
            if app.is_syncing:  # another worker has it: once more, when that has ended
                await asyncio.sleep(0.1)
                self._due.put_nowait(entry)
                continue
            self._waiting.discard(entry)
            good = await self._synced(entry)
            app.failures = 0 if good else app.failures + 1
            if not good:
                self._retry(entry, app.failures)

    def _retry(self, entry: Entry, failures: int) -> None:
        """Soon at first, then more and more seldom."""
        seconds = min(FIRST_RETRY_SECONDS * 2 ** min(failures - 1, 10), LAST_RETRY_SECONDS)

        async def later() -> None:
            await asyncio.sleep(seconds)
            self._is_due(entry)

        task = asyncio.create_task(later())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _synced(self, entry: Entry) -> bool:
        app, desired = self._app(entry), self._state.desired
        app.is_syncing = True
        try:
            return await self._sync(app, entry, desired)
        except ReconcilerError as e:
            self._told(AppEvent(entry, "not applied", error=e))
            return False
        finally:
            app.is_syncing = False
            heard, app.heard = app.heard, []
            for event in heard:
                self._heard(entry.environment, event)

    async def _sync(self, app: _App, entry: Entry, desired: Desired) -> bool:
        client = self._clients[entry.environment]
        environment = self._state.fleet.environment(entry.environment)
        there = AppInCluster(client, environment, entry)
        plan = await there.plan(self._renderer, desired)
        if environment.reconcile.drift == "report":
            plan = without_drift(plan)
        done = await there.sync(plan, desired)
        app.items = there.items
        self._watch(entry.environment, client, app.items)
        good = all(one.is_good for one in done)
        if done:
            what = "applied" if good else "applied in part"
            counts = Counter(one.result for one in done)
            self._told(AppEvent(entry, what, counts, warns=not good))
            for one in done:
                if not one.is_good:
                    self._told(AppEvent(entry, "refused", _refused(one), one.error))
        return good

    def _watch(
        self, environment: str, client: ApiClient, items: Mapping[Identity, InventoryItem]
    ) -> None:
        for item in items.values() if self._stays else ():
            key = environment, item.version, item.identity.kind
            if key not in self._watched:
                heard = partial(self._heard, environment)
                work = watch_kind(client, *key[1:], heard)
                self._watched[key] = self._begun(work, self._stopping)

    def _heard(self, environment: str, event: LiveEvent) -> None:
        app = self._apps.get((environment, event.app))
        if app is None:
            return
        if app.is_syncing:
            app.heard.append(event)
            return
        item = app.items.get(event.identity)
        if item is None or not item.uid:
            return
        manager = manager_of(app.entry)
        if event.is_gone:
            if event.metadata.get("uid") != item.uid:
                return
            fields = {"object": str(event.identity)}
            self._told(AppEvent(app.entry, "deleted by somebody", fields, warns=True))
        elif own_digest(event.metadata, manager) != item.own:
            who, when = who_changed(event.metadata, manager)
            fields = {"object": str(event.identity), "by": who, "at": when}
            self._told(AppEvent(app.entry, "changed by somebody", fields, warns=True))
        else:
            return
        self._is_due(app.entry)

    def _app(self, entry: Entry) -> _App:
        key = entry.environment, app_key(entry)
        return self._apps.setdefault(key, _App(entry))


def _refused(done: ObjectDone) -> dict[str, Any]:
    conflicts = done.applied.conflicts if done.applied else ()
    found: dict[str, Any] = {"object": str(done.identity)}
    if conflicts:
        found["held"] = [f"{c.field.removeprefix('.')} by {c.manager}" for c in conflicts]
    if done.waits_for:
        found["waits"] = done.waits_for
    return found
