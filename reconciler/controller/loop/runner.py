"""Clusters kept as Git says: new commits are applied, and what somebody changes is set back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Protocol

from reconciler.cluster.api_client import ApiClient
from reconciler.controller.app import Desired
from reconciler.controller.app_event import AppEvent, Happening, Told
from reconciler.controller.loop.environment_loop import EnvironmentLoop
from reconciler.controller.loop.membership import Membership
from reconciler.controller.loop.source import GitState
from reconciler.controller.reporting.app_report import AppReport
from reconciler.errors import ReconcilerError
from reconciler.health.wrong_rules import refuse_wrong_rules
from reconciler.model.entry import Entry
from reconciler.render.renderer import Renderer

JITTER = 0.1  # of an interval, so that many do not ask at once


class Source(Protocol):
    """Git, as it is looked at again and again."""

    def look(self) -> GitState: ...

    def at(self, commit: str) -> Desired: ...


class Runner:
    """A loop for each environment, all of which are told of each new commit."""

    def __init__(
        self,
        source: Source,
        state: GitState,
        clients: Mapping[str, ApiClient],  # by environment
        renderer: Renderer,
        instance: str,  # what this process is called, and no other
        lease_seconds: float,
    ) -> None:
        self._source = source
        self._state = state
        self._renderer = renderer
        self._listeners: list[Told] = []
        self._news = asyncio.Event()
        self._stopping = asyncio.Event()
        self._fault: BaseException | None = None
        self._random = random.SystemRandom()
        self.loops = [
            EnvironmentLoop(
                state.fleet.environment(name),
                client,
                renderer,
                source.at,
                self._tell,
                self._broken,
                Membership(client, name, state.desired.repository, instance, lease_seconds),
            )
            for name, client in clients.items()
        ]

    def tell_also(self, listener: Told) -> None:
        self._listeners.append(listener)

    def ready(self) -> str:
        """Why it is not, for a probe."""
        waits = [loop.name for loop in self.loops if not loop.has_begun]
        return f"Git is not read yet for {', '.join(waits)}" if waits else ""

    def reports(self) -> dict[Entry, AppReport]:
        return {entry: report for loop in self.loops for entry, report in loop.reports.items()}

    def wake(self) -> None:
        """Somebody says that there is a new commit."""
        self._news.set()

    def stop(self) -> None:
        self._stopping.set()
        self._news.set()

    async def run(self, interval: float) -> None:
        """Until it is stopped; what is being written then is written to its end."""
        running = [asyncio.create_task(loop.run(self._stopping)) for loop in self.loops]
        await self._tell_all()
        while not self._stopping.is_set():
            try:
                async with asyncio.timeout(interval + self._random.uniform(0, JITTER * interval)):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._news.clear()
            if not self._stopping.is_set():
                await self._look()
        await asyncio.gather(*running)
        if self._fault:
            raise self._fault

    async def once(self) -> bool:
        """Everything once; whether all went well."""
        await self._tell_all()
        return all([await loop.once() for loop in self.loops])

    async def _look(self) -> None:
        """The last good commit stays in force where Git cannot be reached, or is broken."""
        try:
            self._state = await asyncio.to_thread(self._read)
            await self._tell_all()
        except ReconcilerError as e:
            for loop in self.loops:
                loop.git_is_unread(e)
            entry = self._state.fleet.entries[0]
            self._tell(AppEvent(entry, Happening.git_unread, error=e))

    def _read(self) -> GitState:
        state = self._source.look()
        for loop in self.loops:
            refuse_wrong_rules(state.fleet.environment(loop.name), self._renderer.kernel)
        return state

    async def _tell_all(self) -> None:
        await asyncio.gather(*(loop.take(self._state) for loop in self.loops))

    def _tell(self, event: AppEvent) -> None:
        for listener in self._listeners:
            listener(event)

    def _broken(self, fault: BaseException) -> None:
        self._fault = fault
        self.stop()
