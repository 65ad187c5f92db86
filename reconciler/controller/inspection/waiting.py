"""Apps waited for: until they are well, applied at a commit, or gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TypeVar

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.inventory.record import About, InventoryItem, ItemState
from reconciler.cluster.reconciled_apps import app_key
from reconciler.controller.app import AppInCluster, Desired
from reconciler.controller.inspection.live_objects import LiveObjects, live_objects
from reconciler.controller.sync.app_status import PAUSE_SECONDS, AppStatus
from reconciler.errors import ApiError
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry
from reconciler.text.markdown_lists import count

Key = TypeVar("Key")


class WaitFor(StrEnum):
    healthy = "healthy"
    synced = "synced"
    gone = "gone"


@dataclass(frozen=True, slots=True)
class Waited:
    """How far an app is: in a few words, and what is still to come of it, a line each."""

    is_done: bool
    says: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """What is waited for; `has` says whether what is applied has the commit in it."""

    kind: WaitFor
    has: Callable[[Entry, str], bool] | None = None

    async def look(self, client: ApiClient, app: AppInCluster, desired: Desired) -> Waited:
        if self.kind is WaitFor.gone:
            await app.read(desired)
            left = {i: item for i, item in app.items.items() if item.state is not ItemState.kept}
            live = await live_objects(client, left.values(), app_key(app.entry), lambda _: True)
            return gone(left, live)
        if self.has:
            found = synced(await app.read(desired), app.items, partial(self.has, app.entry))
            if self.kind is WaitFor.synced or not found.is_done:
                return found
        return healthy(await app.status(desired))


def healthy(found: AppStatus) -> Waited:
    return Waited(found.is_healthy and bool(found.objects), found.says, found.problems)


def synced(
    about: About | None, items: Mapping[Identity, InventoryItem], has: Callable[[str], bool]
) -> Waited:
    if about is None:
        return Waited(False, "nothing is applied")
    says = f"{about.commit[:10]} is applied"
    open_ = sorted(i for i, item in items.items() if item.state is ItemState.intended)
    why = tuple(f"{identity} is not applied yet" for identity in open_)
    return Waited(has(about.commit) and not open_, says, why)


def gone(left: Mapping[Identity, InventoryItem], live: LiveObjects) -> Waited:
    """What was made anew by somebody is no object of ours."""
    still = [
        f"{i} is still there"
        for i, o in sorted(live.objects.items())
        if left[i].uid in ("", o["metadata"]["uid"])
    ]
    unknown = [f"{i} may be there: no right to see it" for i in left if live.hides(left[i])]
    why = (*still, *sorted(unknown))
    return Waited(not why, f"{count(len(why), 'object')} left" if why else "gone", why)


async def wait_for(
    looks: Mapping[Key, Callable[[], Awaitable[Waited]]],
    seconds: float,
    told: Callable[[Sequence[tuple[Key, Waited]]], None] = lambda _: None,
) -> dict[Key, Waited]:
    """Until all are done, or the time is up. `told` hears after each look of what is open.

    Raises what keeps the first look from being one; later a server may be away for a while.
    """
    end = asyncio.get_running_loop().time() + seconds
    found: dict[Key, Waited] = {}
    while True:
        for key, look in looks.items():
            if key not in found or not found[key].is_done:
                found[key] = await _looked(look, found.get(key))
        open_ = [(key, waited) for key, waited in found.items() if not waited.is_done]
        left = end - asyncio.get_running_loop().time()
        if not open_ or left <= 0:
            return found
        told(open_)
        await asyncio.sleep(min(PAUSE_SECONDS, left))


async def _looked(look: Callable[[], Awaitable[Waited]], before: Waited | None) -> Waited:
    try:
        return await look()
    except ApiError as e:
        if before is None or not e.transient:
            raise
        return Waited(False, before.says, (str(e),))
