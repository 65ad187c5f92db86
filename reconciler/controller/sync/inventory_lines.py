"""The lines of the inventory before a sync, and after what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from reconciler.cluster.inventory.record import InventoryItem, ItemState
from reconciler.controller.sync.object_done import ObjectDone
from reconciler.controller.sync.sync_plan import SyncPlan, SyncStep
from reconciler.kubernetes.identity import Identity

Lines = dict[Identity, InventoryItem]


def intended(plan: SyncPlan, known: Mapping[Identity, InventoryItem]) -> Lines:
    """Before anything is made its line is there, so that whoever comes next knows of it."""
    return {
        p.identity: InventoryItem(p.identity, p.wanted.version, ItemState.intended)
        for p in plan.of(SyncStep.create, SyncStep.change)
        if p.wanted and p.identity not in known
    }


def recorded(
    plan: SyncPlan, items: Mapping[Identity, InventoryItem], done: Iterable[ObjectDone]
) -> Lines:
    """A line goes only once the server has said that the object does."""
    after = _standing(plan, items)
    planned = {p.identity: p for p in plan.objects}
    for one in done:
        if not one.is_good or one.hook:
            continue
        if one.applied is None:
            if not one.is_leaving:
                after.pop(one.identity, None)
            continue
        wanted, metadata = planned[one.identity].wanted, one.applied.metadata
        if wanted and metadata:
            after[one.identity] = InventoryItem(
                one.identity,
                wanted.version,
                ItemState.applied,
                str(metadata["uid"]),
                wanted.want,
                one.applied.own,
            )
    return after


def _standing(plan: SyncPlan, items: Mapping[Identity, InventoryItem]) -> Lines:
    """What is said of objects with which nothing is done."""
    after = dict(items)
    for p in plan.of(SyncStep.forget):
        after.pop(p.identity, None)
    for step, state in (
        (SyncStep.keep, ItemState.kept),
        (SyncStep.ask, ItemState.asked),
        (SyncStep.skip, ItemState.ignored),
    ):
        for p in plan.of(step):
            known = items.get(p.identity)
            if known and known.state is not ItemState.ignored:
                after[p.identity] = replace(known, state=state)
    after |= {p.identity: p.item for p in plan.of(SyncStep.wait) if p.item}
    return after
