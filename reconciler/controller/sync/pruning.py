"""What becomes of objects that Git says no more: whether they go, when, and how many at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from reconciler.cluster.inventory.record import LEAVING, ItemState
from reconciler.controller.sync.sync_plan import HOOK_STATES, PlannedObject, SyncPlan, SyncStep
from reconciler.errors import CheckFailed
from reconciler.model.reconciling import PruneSettings


def pruned_as(plan: SyncPlan, settings: PruneSettings, now: datetime) -> SyncPlan:
    """As the environment wants it: not at all, or once a time has passed."""
    if not settings.delete:
        return _without_deletions(plan)
    if not settings.after:
        return plan
    objects = (_in_its_time(planned, settings.after, now) for planned in plan.objects)
    return replace(plan, objects=tuple(objects))


def refuse_what_is_dangerous(
    plan: SyncPlan, settings: PruneSettings, *, all_may_go: bool = False
) -> None:
    """An empty folder, a wrong branch or a slip must not take a running app away."""
    gone = plan.of(SyncStep.delete, SyncStep.wait)
    going = [p for p in gone if p.item and p.item.state not in HOOK_STATES]
    staying = plan.of(SyncStep.create, SyncStep.change, SyncStep.same)
    if not going or all_may_go:
        return
    total = len(going) + len(staying)
    if not staying:
        raise CheckFailed(
            f"nothing is wanted any more, and all {total:,} objects would be deleted",
            hint="reconciler uninstall does that, if it is meant",
        )
    if len(going) > settings.limit and len(going) * 100 > settings.percent * total:
        raise CheckFailed(
            f"{len(going):,} of {total:,} objects would be deleted",
            why=f"that is more than {settings.limit} and more than {settings.percent} %",
            hint="look at reconciler plan, and say --prune-all if it is meant",
        )


def _without_deletions(plan: SyncPlan) -> SyncPlan:
    why = "reconcile.prune.delete is false"
    kept = [
        replace(p, step=SyncStep.keep, why=why) if p.step is SyncStep.delete else p
        for p in plan.objects
    ]
    return replace(plan, objects=tuple(kept))


def _in_its_time(planned: PlannedObject, after: timedelta, now: datetime) -> PlannedObject:
    """Its line says since when it leaves, so that whoever comes next knows it, too."""
    item = planned.item
    if planned.step is not SyncStep.delete or item is None or item.state in HOOK_STATES:
        return planned
    since = item.leaving_since or now
    if now >= since + after:
        return planned
    why = f"it is deleted after {since + after:{LEAVING}}"
    leaving = replace(item, state=ItemState.leaving, want=f"{since:{LEAVING}}")
    return replace(planned, step=SyncStep.wait, why=why, item=leaving)
