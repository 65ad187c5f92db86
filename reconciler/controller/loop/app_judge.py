"""How apps are, by what watches told; and why, and what follows of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from reconciler.cluster.reconciled_apps import app_key
from reconciler.controller.app_event import AppEvent, Happening, Told
from reconciler.controller.app_record import AppRecord
from reconciler.controller.loop.due_apps import DueApps
from reconciler.controller.reporting.report_board import ReportBoard
from reconciler.controller.sync.app_status import AppStatus
from reconciler.controller.watching.watched_objects import WatchedObjects
from reconciler.errors import ReconcilerError
from reconciler.model.environment import Environment

SETTLE_SECONDS = 0.1  # events that come together are judged together
WHY_SECONDS = 5.0  # after which it is asked why an app is not well; each time twice as long
LAST_WHY_SECONDS = 300.0


class AppJudge:
    """Of one environment. `is_due` has an app synced; `let_go_on` lets others that wait for it."""

    def __init__(
        self,
        live: WatchedObjects,
        board: ReportBoard,
        told: Told,
        is_due: Callable[[str], None],
        let_go_on: Callable[[], None],
    ) -> None:
        self._live = live
        self._board = board
        self._told = told
        self._is_due = is_due
        self._let_go_on = let_go_on
        self._why: dict[str, tuple[float, float]] = {}  # when it is asked next, and then after
        self._unwritten: set[str] = set()  # what is well, and that could not be written
        self.unfinished: set[str] = set()  # to be looked at once more, though nothing happens
        self.due: DueApps[str] = DueApps()

    def soon(self, key: str) -> None:
        self.due.add_later(key, SETTLE_SECONDS)

    async def judge(self, app: AppRecord, environment: Environment) -> None:
        key, was_well, now = app_key(app.entry), app.well_since is not None, datetime.now(UTC)
        app.status = app.judge(self._live.of_app(key))
        self.unfinished.discard(key)
        if app.is_well:
            self._why.pop(key, None)
            if not was_well:
                app.well_since = now
                self._told_well(app, now)
            await self._remember(app)
        else:
            app.well_since = None
            if app.there and not (app.is_syncing or app.hold) and app.status.unhealthy:
                await self._go_back_if_due(app, environment, now)
                await self._ask_why(app)
        if was_well != app.is_well:
            self._let_go_on()
        if not await self._board.show(app, now):
            self.unfinished.add(key)

    def _told_well(self, app: AppRecord, now: datetime) -> None:
        seconds = (now - app.began).total_seconds() if app.began else 0.0
        fields = {"commit": app.commit, "seconds": round(seconds, 1)}
        self._told(AppEvent(app.entry, Happening.well, fields))

    async def _remember(self, app: AppRecord) -> None:
        """Tried again whenever the app is looked at; a failure is told once."""
        key = app_key(app.entry)
        async with app.alone:
            if app.there is None or not app.is_well:
                return
            try:
                await app.there.remember_well(app.commit)
                self._unwritten.discard(key)
            except ReconcilerError as e:
                if key not in self._unwritten:
                    self._told(AppEvent(app.entry, Happening.unremembered, error=e))
                self._unwritten.add(key)
                self.unfinished.add(key)

    async def _ask_why(self, app: AppRecord) -> None:
        """More and more seldom; pods are asked for only then."""
        key, now = app_key(app.entry), asyncio.get_running_loop().time()
        at, pause = self._why.setdefault(key, (now + WHY_SECONDS, 2 * WHY_SECONDS))
        if now < at:
            self.due.add_later(key, at - now)
            return
        self._why[key] = now + pause, min(2 * pause, LAST_WHY_SECONDS)
        self.due.add_later(key, pause)
        try:
            found = await app.there.status_of_known() if app.there else app.status
        except ReconcilerError:
            return
        app.status = AppStatus({**app.status.objects, **found.objects}, ())
        for identity, status in sorted(app.status.unhealthy.items())[:1]:
            fields = {
                "object": str(identity),
                "state": status.state.value,
                "why": status.reason,
                "commit": app.commit,
            }
            self._told(AppEvent(app.entry, Happening.unwell, fields, object=identity))

    async def _go_back_if_due(
        self, app: AppRecord, environment: Environment, now: datetime
    ) -> None:
        """To the release that was last well, where the environment wants that."""
        settings = environment.reconcile.rollback_of(app.entry.app)
        well = app.there.last_well if app.there else ""
        if not settings or not app.began or well in ("", app.commit) or app.gone_back:
            return
        left = (app.began + settings.after - now).total_seconds()
        if left > 0:
            self.due.add_later(app_key(app.entry), left)
            return
        try:
            async with app.alone:
                if app.there:
                    await app.there.hold(app.rendered, well)
        except ReconcilerError:
            self.unfinished.add(app_key(app.entry))
            return
        fields = {"failed": app.commit, "to": well, "after": str(settings.after)}
        self._told(AppEvent(app.entry, Happening.rolled_back, fields))
        self._is_due(app_key(app.entry))
