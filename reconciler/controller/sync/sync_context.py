"""What all parts of one sync work with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.conflict_rules import DEFAULT_RULES, Rule
from reconciler.cluster.status.state import ObjectState
from reconciler.cluster.status.status_rules import StatusRules
from reconciler.controller.sync.app_status import app_status
from reconciler.controller.sync.neighbours import Neighbours
from reconciler.controller.sync.object_done import ObjectDone, Told
from reconciler.kubernetes.identity import Identity

MAX_REQUESTS = 8  # under way at once
PAUSE_SECONDS = 0.5  # between two looks at what goes on


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a sync waits for what goes on in the cluster."""

    seconds: float
    degraded_seconds: float  # until what is degraded is taken for failed


@dataclass(frozen=True, slots=True)
class SyncContext:
    client: ApiClient  # who writes, which may be an account of the app's own
    reader: ApiClient
    app: str  # as the label has it
    manager: str
    patience: Patience
    status_rules: StatusRules
    rules: Sequence[Rule] = DEFAULT_RULES
    recreate: Sequence[str] = ()  # KIND or KIND/NAME, as globs
    told: Told = lambda _: None
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    neighbours: Neighbours | None = None
    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_REQUESTS))

    def say(self, done: ObjectDone) -> ObjectDone:
        self.told(done)
        return done

    async def until(self, look: Callable[[], Awaitable[bool]]) -> bool:
        """Whether it came true, before the time was up and the process was told to end."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self.patience.seconds
        while not await look():
            if self.stopping.is_set() or loop.time() >= end:
                return False
            await asyncio.sleep(PAUSE_SECONDS)
        return True

    async def unwell(self, named: Iterable[tuple[Identity, str]]) -> str:
        """Of these objects, with their apiVersions, the one that does not become healthy."""
        wanted, worst = dict(named), ""
        degraded_since: float | None = None
        loop = asyncio.get_running_loop()

        async def look() -> bool:
            nonlocal worst, degraded_since
            found = await app_status(self.reader, wanted.items(), self.app, self.status_rules)
            worst = next((f"{i}, which is not there" for i in found.missing), "")
            states = sorted(found.unhealthy.items(), key=lambda pair: pair[1].state != "degraded")
            for identity, status in states[:1]:
                worst = f"{identity}, which is {status.state}: {status.reason}"
            if not any(s.state is ObjectState.degraded for _, s in states):
                degraded_since = None
            elif degraded_since is None:
                degraded_since = loop.time()
            waited = loop.time() - degraded_since if degraded_since is not None else 0.0
            return not worst or waited > self.patience.degraded_seconds

        await self.until(look)
        return worst

    async def gone(self, path: str, uid: str) -> bool:
        """Whether that object went; another one of its name is not it."""

        async def look() -> bool:
            found = await self.client.get(path, metadata_only=True)
            return not found or str(found["metadata"]["uid"]) != uid

        return await self.until(look)
