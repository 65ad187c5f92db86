"""The objects that are created and changed, wave after wave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

from reconciler.cluster.adoption import adopt_object
from reconciler.cluster.apply import ObjectApplied, apply_object
from reconciler.cluster.conflict_rules import ConflictRule
from reconciler.cluster.order import batches
from reconciler.cluster.treatment import HookPhase
from reconciler.controller.desired import WantedObject
from reconciler.controller.sync.object_done import ObjectDone
from reconciler.controller.sync.recreate import made_anew
from reconciler.controller.sync.sync_context import SyncContext
from reconciler.controller.sync.sync_plan import PlannedObject, SyncPlan, SyncStep
from reconciler.kubernetes.identity import Identity

ESTABLISHED_SECONDS = 30.0
PAUSE_SECONDS = 0.2
CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")

OfWave = Callable[[int], Awaitable[list[ObjectDone]]]
Record = Callable[[Sequence[ObjectDone]], Awaitable[None]]


async def apply_all(
    context: SyncContext, plan: SyncPlan, hooks_of: OfWave, record: Record
) -> list[ObjectDone]:
    """A wave begins once all of those before it is well; what was done until then is recorded."""
    work = plan.of(SyncStep.create, SyncStep.change)
    waves = {p.wave for p in work} | {h.wave for h in plan.hooks if h.phase is HookPhase.sync}
    done: list[ObjectDone] = []
    for wave in sorted(waves):
        if done:
            await record(done)
        waits_for = await _before(context, plan, wave, done)
        for batch in batches(p for p in work if p.wave == wave):
            tasks = (_apply(context, one, waits_for or _stands_on(one, done)) for one in batch)
            found = await asyncio.gather(*tasks)
            done += found
            await _established(context, found)
        if not waits_for:
            done += await hooks_of(wave)
    return done


def named(plan: SyncPlan, below: int | None = None) -> list[tuple[Identity, str]]:
    """What is to be there, with its apiVersion; `below`: of earlier waves than this."""
    there = plan.of(SyncStep.create, SyncStep.change, SyncStep.same)
    return [
        (p.identity, p.wanted.version)
        for p in there
        if p.wanted and (below is None or p.wave < below)
    ]


async def _before(
    context: SyncContext, plan: SyncPlan, wave: int, done: Iterable[ObjectDone]
) -> str:
    """What of the earlier waves failed, or is not well."""
    failed = next((str(one.identity) for one in done if not one.is_good), "")
    earlier = named(plan, below=wave)
    if failed or not earlier:
        return failed
    return await context.unwell(earlier)


async def _apply(context: SyncContext, planned: PlannedObject, waits_for: str) -> ObjectDone:
    wanted = planned.wanted
    assert wanted  # noqa: S101
    if waits_for:
        return context.say(ObjectDone(planned.identity, planned.step, waits_for=waits_for))
    if planned.refused:
        return context.say(ObjectDone(planned.identity, planned.step, error=planned.refused))
    async with context.free:
        applied = await _applied(context, planned, wanted)
    return context.say(ObjectDone(planned.identity, planned.step, applied, applied.error))


async def _applied(
    context: SyncContext, planned: PlannedObject, wanted: WantedObject
) -> ObjectApplied:
    version = planned.seen.version if planned.seen else ""
    own = wanted.treatment.conflicts
    first = (ConflictRule("*", "*", own),) if own else ()
    rules = (*first, *context.rules)
    apply = partial(apply_object, context.client, wanted.body, context.manager, rules, version)
    applied = await apply()
    if await _is_handed_over(context, wanted, applied):
        applied = await apply()
    if applied.error and applied.error.frozen:
        return await made_anew(context, planned, wanted, applied.error)
    return applied


async def _is_handed_over(
    context: SyncContext, wanted: WantedObject, applied: ObjectApplied
) -> bool:
    """From another app of the environment, which has it in Git no more: as it is."""
    managers = sorted({conflict.manager for conflict in applied.conflicts})
    if not context.neighbours:
        return False
    if not await context.neighbours.lets_go_of(wanted.identity, managers):
        return False
    path = await context.client.discovery.path_of(wanted.body)
    adopted = await adopt_object(context.client, path, wanted.body, context.manager, managers)
    return bool(adopted and adopted.managers)


async def _established(context: SyncContext, done: Iterable[ObjectDone]) -> None:
    """New kinds can be used only once their definitions are."""
    names = [d.identity.name for d in done if _key(d.identity) == CRD and d.is_good]
    end = asyncio.get_running_loop().time() + ESTABLISHED_SECONDS
    for name in names:
        path = f"/apis/{CRD[0]}/v1/customresourcedefinitions/{name}"
        while asyncio.get_running_loop().time() < end:
            found = await context.client.get(path) or {}
            conditions = (found.get("status") or {}).get("conditions") or ()
            if any((c["type"], c["status"]) == ("Established", "True") for c in conditions):
                break
            await asyncio.sleep(PAUSE_SECONDS)


def _stands_on(planned: PlannedObject, done: Iterable[ObjectDone]) -> str:
    """The Namespace or the definition without which an object cannot be, if that failed."""
    for one in done:
        if one.is_good:
            continue
        identity = one.identity
        if _key(identity) == ("", "Namespace") and identity.name == planned.identity.namespace:
            return str(identity)
        if _key(identity) == CRD and identity.name.partition(".")[2] == planned.identity.group:
            return str(identity)
    return ""


def _key(identity: Identity) -> tuple[str, str]:
    return identity.group, identity.kind
