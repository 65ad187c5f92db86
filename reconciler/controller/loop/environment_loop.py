"""The apps of one environment, kept in its cluster as Git says: whatever happens makes some due."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.conflict_rules import conflict_rules
from reconciler.cluster.inventory.store import apps_with_inventory
from reconciler.cluster.reconciled_apps import app_key
from reconciler.controller.app import Desired
from reconciler.controller.app_event import AppEvent, Happening, Told
from reconciler.controller.app_record import AppRecord
from reconciler.controller.desired import rendered_digests
from reconciler.controller.loop.app_judge import AppJudge
from reconciler.controller.loop.app_sync import (
    SyncGround,
    correction_seconds,
    deletion_seconds,
    sync_app,
)
from reconciler.controller.loop.background import Background
from reconciler.controller.loop.commit_checks import CommitChecks
from reconciler.controller.loop.due_apps import DueApps, retry_seconds
from reconciler.controller.loop.heard_drift import take_drift
from reconciler.controller.loop.membership import Membership
from reconciler.controller.loop.own_apps import OwnApps
from reconciler.controller.loop.source import GitState
from reconciler.controller.reporting.app_report import AppReport, report_of
from reconciler.controller.reporting.event_writer import EventWriter
from reconciler.controller.reporting.report_board import AppWish, ReportBoard
from reconciler.controller.watching.kind_watches import KindWatches
from reconciler.controller.watching.watched_objects import WatchedEvent, WatchedObjects
from reconciler.controller.why_held import SyncHold, outside_hours, suspended, waiting_for
from reconciler.errors import ClusterError, ReconcilerError
from reconciler.health.kind_rules import status_rules
from reconciler.kubernetes.identity import Identity
from reconciler.model.dependencies import in_order_of_need
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.model.paths import AppName
from reconciler.render.renderer import Renderer

WORKERS = 4
CLOCK_SECONDS = 1.0  # times in the inventory are whole seconds
TICK_SECONDS = 5.0  # what only time changes is looked at so often


class EnvironmentLoop:
    """Everything is asked of its cluster alone, so that another one that is down holds up none."""

    def __init__(
        self,
        environment: Environment,
        client: ApiClient,
        renderer: Renderer,
        at: Callable[[str], Desired],
        told: Told,
        broken: Callable[[BaseException], None],
        membership: Membership,
    ) -> None:
        self.name = environment.name
        self._environment = environment
        self._conflict_rules = conflict_rules(environment)
        self._membership = membership
        self._client = client
        self._renderer = renderer
        self._status_rules = status_rules(environment, renderer.kernel)
        self._at = at
        self._tell = told
        self._background = Background(broken)
        self._apps = OwnApps(client, membership)
        fenced = client.fenced(membership.check)
        self._events = EventWriter(fenced, membership.name, self._uid_of)
        self._live = WatchedObjects()
        self._board = ReportBoard(fenced, environment.name, self._apps.client_for, self._unshown)
        self._due: DueApps[str] = DueApps()
        self._judge = AppJudge(self._live, self._board, self._told, self._due.add, self._let_go_on)
        self._watches = KindWatches(
            *(client, self._status_rules, self._live, self._heard, self._kind_appeared),
            self._background.begin,
        )
        self._gone: set[Entry] = set()
        self._desired: Desired | None = None
        self._checks: CommitChecks | None = None
        self._problem = ""
        self._stopping = asyncio.Event()
        self._is_unleased = False

    async def take(self, state: GitState) -> None:
        """Due is what renders otherwise than before, and nothing else."""
        self._problem = ""
        if self._desired and self._desired.commit == state.desired.commit:
            return
        environment = state.fleet.environment(self.name)
        entries = [environment.entry(app) for app in environment.folders]
        digests = await asyncio.to_thread(
            rendered_digests, self._renderer, state.desired.tree, entries
        )
        before, after = self._environment.reconcile, environment.reconcile
        self._environment, self._desired = environment, state.desired
        self._conflict_rules = conflict_rules(environment)
        if before.health != after.health:
            self._status_rules = status_rules(environment, self._renderer.kernel)
            moved = {rule.key for rule in {*before.health} ^ {*after.health}}
            self._watches.judge_by(self._status_rules, moved)
        due = {}
        for app in self._apps.take(entries):
            rendered = digests.get(app.entry, "")
            if before != after or app.error or not rendered or rendered != app.rendered:
                app.rendered = rendered
                due[app_key(app.entry)] = app.entry.folder
        self._checks = CommitChecks(self._renderer, state.desired.tree, due.values())
        for key in due:
            self._due.add(key)
        await self._tell_of_gone()

    def git_is_unread(self, error: ReconcilerError) -> None:
        """The last good commit stays in force."""
        self._problem = error.in_a_line

    async def once(self) -> bool:
        """Everything once, what others depend on first; whether all went well."""
        for wish in await self._board.wishes():
            self._wished(wish)
        for name in in_order_of_need(self._environment):
            await self._attend(self._apps.record(self._environment.entry(name)), waits=False)
        return all(app.is_good for app in self._apps.own)

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set; what is being written then is written to its end."""
        self._apps.is_shared, self._stopping = True, stopping
        self._background.begin(self._membership.keep(self._busy, self._share_moved, self._unleased))
        self._background.begin(self._board.follow(self._wished))
        self._background.begin(self._events.write_all())
        self._background.begin(self._tick())
        for _ in range(WORKERS):
            self._background.begin(self._work(self._due, self._attend))
            self._background.begin(self._work(self._judge.due, self._judged))
        await stopping.wait()
        while self._due.busy:
            await asyncio.sleep(0.05)
        for queue in (self._due, self._judge.due):
            queue.stop()
        await self._background.end()
        await self._membership.leave()

    @property
    def reports(self) -> Mapping[Entry, AppReport]:
        """Of the apps that are this process's own."""
        return {app.entry: report_of(app) for app in self._apps.own}

    def _busy(self) -> frozenset[str]:
        return self._due.busy | self._judge.due.busy

    def _unleased(self, error: ClusterError) -> None:
        """Told once, when it keeps anything from being done."""
        try:
            self._membership.check()
            self._is_unleased = False
        except ClusterError:
            for app in self._apps.first if not self._is_unleased else ():
                self._tell(AppEvent(app.entry, Happening.unleased, error=error))
            self._is_unleased = True

    def _unshown(self, error: ClusterError) -> None:
        for app in self._apps.first:
            self._tell(AppEvent(app.entry, Happening.unshown, error=error))

    def _share_moved(self) -> None:
        for app in self._apps.share_again():
            self._due.add(app_key(app.entry))

    @property
    def has_begun(self) -> bool:
        return self._desired is not None

    def _told(self, event: AppEvent) -> None:
        self._tell(event)
        self._events.tell(event)

    async def _work(
        self, queue: DueApps[str], attend: Callable[[AppRecord], Awaitable[None]]
    ) -> None:
        while True:
            key = await queue.next()
            try:
                if app := self._apps.get(key):
                    await attend(app)
            finally:
                queue.done(key)

    async def _tick(self) -> None:
        """Hours begin, suspensions end; and what could not be written is written again."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._let_go_on()
            for key in [*self._judge.unfinished]:
                self._judge.due.add(key)
            commit = self._desired.commit if self._desired else ""
            if self._apps.is_own(self.name):  # one of all replicas
                await self._board.show_environment(commit, len(self._apps), self._problem)

    async def _attend(self, app: AppRecord, *, waits: bool = True) -> None:
        key, hold = app_key(app.entry), self._hold(app, waits=waits)
        if hold and hold != app.hold:
            fields = {"reason": hold.reason.value, "why": hold.said}
            self._told(AppEvent(app.entry, Happening.held, fields))
        app.hold = hold
        if hold is None:
            request = app.requested
            await self._sync(app)
            app.handled = request
            app.failures = 0 if app.is_good else app.failures + 1
            if app.failures or app.waits:
                self._due.add_later(key, retry_seconds(max(app.failures, 1)))
            elif (seconds := deletion_seconds(app, self._environment)) is not None:
                self._due.add_later(key, seconds + CLOCK_SECONDS)
        self._judge.due.add(key)

    async def _judged(self, app: AppRecord) -> None:
        await self._judge.judge(app, self._environment)

    async def _sync(self, app: AppRecord) -> None:
        assert self._desired and self._checks  # noqa: S101, PT018
        ground = SyncGround(
            self._apps.client_for(app),
            self._environment,
            self._status_rules,
            self._renderer,
            self._desired,
            self._at,
            self._checks,
            self._stopping,
        )
        app.is_syncing = True
        try:
            async with app.alone:
                events = await sync_app(app, ground)
            app.error = None
            for event in events:
                self._told(event)
        except ReconcilerError as e:
            app.error = e
            if self._apps.is_current(app):
                fields = {"commit": ground.desired.commit}
                self._told(AppEvent(app.entry, Happening.not_applied, fields, e))
        finally:
            app.is_syncing = False
            if self._apps.is_shared:
                self._watches.cover(app.items.values())
            heard, app.heard = app.heard, []
            for late in heard:
                self._heard(late)

    def _hold(self, app: AppRecord, *, waits: bool = True) -> SyncHold | None:
        """Whoever asks for a sync need not wait for its hours."""
        now, settings = datetime.now(UTC), self._environment.reconcile
        others = settings.waits_for(app.entry.app, [*self._environment.folders])
        not_ready = [o for o in others if not self._is_ready(self._environment.entry(o))]
        is_asked = app.requested != app.handled
        hours = None if is_asked else outside_hours(settings.hours, now)
        return suspended(app.suspension, now) or hours or waiting_for(not_ready if waits else [])

    def _is_ready(self, entry: Entry) -> bool:
        key = app_key(entry)
        return (
            self._apps.record(entry).is_well
            if self._apps.is_own(key)
            else self._board.is_ready(key)
        )

    def _let_go_on(self) -> None:
        for app in self._apps.own:
            if app.hold and self._hold(app) != app.hold:
                self._due.add(app_key(app.entry))

    def _kind_appeared(self) -> None:
        """What could not be applied for want of it."""
        for app in self._apps.own:
            if app.refused:
                self._due.add(app_key(app.entry))

    def _heard(self, event: WatchedEvent) -> None:
        app = self._apps.get(event.app)
        if app is None:
            return
        if app.is_syncing:
            app.heard.append(event)
            return
        self._judge.soon(event.app)
        told = take_drift(app, event, self._conflict_rules, datetime.now(UTC))
        if told is None:
            return
        self._told(told)
        seconds = correction_seconds(app, self._environment)
        if seconds is not None:
            self._due.add_later(event.app, seconds)

    def _wished(self, wish: AppWish) -> None:
        """By people, in the app's object; of another replica's app, that it may be ready by now."""
        if not self._board.shows(wish.app):
            self._judge.soon(wish.app)
        if app := self._apps.wished(wish):
            self._due.add(app_key(app.entry))
        elif not self._apps.is_own(wish.app):
            self._let_go_on()

    def _uid_of(self, entry: Entry, identity: Identity | None) -> str:
        if identity is None:
            return self._board.uid_of(app_key(entry))
        return self._apps.uid_of(entry, identity)

    async def _tell_of_gone(self) -> None:
        """Once of each app: nothing of it is deleted before somebody says so."""
        try:
            apps = await apps_with_inventory(self._client, self.name)
        except ReconcilerError:
            return  # it is asked again with the next commit
        entries = {self._environment.entry(AppName(app)) for app in apps}
        gone = {entry for entry in entries if app_key(entry) not in self._apps}
        for entry in sorted(gone - self._gone, key=str):
            fields = {"hint": f"reconciler uninstall {entry} --yes"}
            self._told(AppEvent(entry, Happening.gone, fields))
        self._gone = gone
