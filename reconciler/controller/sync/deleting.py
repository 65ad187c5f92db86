"""What Git says no more, deleted after everything else, in the reverse of the order of waves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import groupby

from reconciler.cluster.api_errors import CONFLICT
from reconciler.cluster.order import batches
from reconciler.controller.sync.applying import named
from reconciler.controller.sync.object_done import ObjectDone
from reconciler.controller.sync.sync_context import SyncContext
from reconciler.controller.sync.sync_plan import PlannedObject, SyncPlan, SyncStep
from reconciler.errors import ApiError


async def delete_all(context: SyncContext, plan: SyncPlan) -> list[ObjectDone]:
    """A wave goes once the one before is gone, and what is pruned last once all is well."""
    done: list[ObjectDone] = []
    before: list[PlannedObject] = []
    waits_for = ""
    for (is_last, _), wave in groupby(sorted(plan.of(SyncStep.delete), key=_rank), key=_rank):
        work = [*wave]
        waits_for = waits_for or await still_there(context, before)
        if is_last and not waits_for:
            waits_for = await context.unwell(named(plan))
        for batch in reversed(batches(work)):
            done += await asyncio.gather(*(_delete(context, one, waits_for) for one in batch))
        before = work
    return done


async def still_there(context: SyncContext, deleted: Iterable[PlannedObject]) -> str:
    """What of it does not go."""
    for planned in deleted:
        if planned.item and not await _is_gone(context, planned):
            return str(planned.identity)
    return ""


async def _is_gone(context: SyncContext, planned: PlannedObject) -> bool:
    assert planned.item  # noqa: S101
    path = await context.client.discovery.path_of(planned.item.reference)
    return await context.gone(path, _uid(planned))


async def _delete(context: SyncContext, planned: PlannedObject, waits_for: str) -> ObjectDone:
    """With the uid that the inventory names, so that no other object of the name goes."""
    assert planned.item  # noqa: S101
    if waits_for:
        return context.say(ObjectDone(planned.identity, planned.step, waits_for=waits_for))
    uid, error, is_leaving = _uid(planned), None, False
    async with context.free:
        try:
            path = await context.client.discovery.path_of(planned.item.reference)
            await context.client.delete(path, uid=uid, propagation="Background")
            left = await context.client.get(path, metadata_only=True)
            is_leaving = bool(left and left["metadata"]["uid"] == uid)
        except ApiError as e:
            error = None if e.status == CONFLICT else e  # another object by now: not ours
    return context.say(ObjectDone(planned.identity, planned.step, None, error, "", is_leaving))


def _uid(planned: PlannedObject) -> str:
    known = planned.item.uid if planned.item else ""
    return known or (planned.seen.uid if planned.seen else "")


def _rank(planned: PlannedObject) -> tuple[bool, int]:
    return bool(planned.seen and planned.seen.treatment.prunes_last), -planned.wave
