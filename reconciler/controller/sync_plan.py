"""What is to be done with each object of an app: nothing is asked of a server for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler.cluster.inventory.record import InventoryItem, ItemState
from reconciler.controller.desired import WantedObject
from reconciler.errors import CheckFailed
from reconciler.kubernetes.identity import Identity

# Whatever Git says: with these goes what nobody can bring back.
KEPT_KINDS = {
    ("", "Namespace"),
    ("", "PersistentVolumeClaim"),
    ("", "PersistentVolume"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
}
MANY, PART = 10, 0.2  # so many objects, or that part of all, may go at once


@dataclass(frozen=True, slots=True)
class SeenObject:
    """What the cluster says of one of our objects, without what is in it."""

    uid: str
    version: str  # resourceVersion, which says nothing but whether it moved
    own: str  # digest of the fields that are still ours


class SyncStep(StrEnum):
    create = "create"
    change = "change"
    same = "same"
    delete = "delete"
    keep = "keep"  # in Git no more, and never deleted
    forget = "forget"  # in Git no more, and gone already


@dataclass(frozen=True, slots=True)
class PlannedObject:
    identity: Identity
    step: SyncStep
    why: str = ""
    wanted: WantedObject | None = None
    item: InventoryItem | None = None
    seen: SeenObject | None = None

    @property
    def is_drift(self) -> bool:
        """Is it as it is in Git since the last sync, and otherwise in the cluster?"""
        was = self.item.want if self.item and self.item.state is ItemState.applied else ""
        acts = self.step in (SyncStep.create, SyncStep.change)
        return acts and self.wanted is not None and self.wanted.want == was


@dataclass(frozen=True, slots=True)
class SyncPlan:
    objects: tuple[PlannedObject, ...]

    def of(self, *steps: SyncStep) -> list[PlannedObject]:
        return [planned for planned in self.objects if planned.step in steps]

    @property
    def is_empty(self) -> bool:
        return not self.of(SyncStep.create, SyncStep.change, SyncStep.delete, SyncStep.forget)


def sync_plan(
    wanted: Iterable[WantedObject],
    items: Mapping[Identity, InventoryItem],
    seen: Mapping[Identity, SeenObject],
) -> SyncPlan:
    found = [
        _applied(one, items.get(one.identity), seen.get(one.identity))
        for one in sorted(wanted, key=lambda w: w.identity)
    ]
    there = {planned.identity for planned in found}
    gone = sorted(identity for identity in items if identity not in there)
    return SyncPlan((*found, *(_left(items[i], seen.get(i)) for i in gone)))


def without_prune(plan: SyncPlan) -> SyncPlan:
    """What Git says no more stays, where the environment wants that."""
    why = "reconcile.prune is false"
    kept = [
        replace(p, step=SyncStep.keep, why=why) if p.step is SyncStep.delete else p
        for p in plan.objects
    ]
    return SyncPlan(tuple(kept))


def without_drift(plan: SyncPlan) -> SyncPlan:
    """Only what Git changed: what somebody changed or deleted in the cluster stays so."""
    return SyncPlan(
        tuple(replace(p, step=SyncStep.same) if p.is_drift else p for p in plan.objects)
    )


def refuse_what_is_dangerous(plan: SyncPlan, *, all_may_go: bool) -> None:
    """An empty folder, a wrong branch or a slip must not take a running app away."""
    going = plan.of(SyncStep.delete)
    staying = plan.of(SyncStep.create, SyncStep.change, SyncStep.same)
    if not going or all_may_go:
        return
    total = len(going) + len(staying)
    if not staying:
        raise CheckFailed(
            f"nothing is wanted any more, and all {total:,} objects would be deleted",
            hint="reconciler uninstall does that, if it is meant",
        )
    if len(going) > MANY and len(going) > PART * total:
        raise CheckFailed(
            f"{len(going):,} of {total:,} objects would be deleted",
            why=f"that is more than {MANY} and more than {PART:.0%}",
            hint="look at reconciler plan, and say --prune-all if it is meant",
        )


def _applied(
    one: WantedObject, item: InventoryItem | None, seen: SeenObject | None
) -> PlannedObject:
    if seen is None:
        why = "it was deleted" if item and item.state is ItemState.applied else ""
        return PlannedObject(one.identity, SyncStep.create, why, one, item, None)
    if item is None or item.state is not ItemState.applied or item.uid != seen.uid:
        return PlannedObject(one.identity, SyncStep.change, "", one, item, seen)
    if item.want != one.want:
        return PlannedObject(one.identity, SyncStep.change, "", one, item, seen)
    if item.own != seen.own:
        why = "somebody changed it in the cluster"
        return PlannedObject(one.identity, SyncStep.change, why, one, item, seen)
    return PlannedObject(one.identity, SyncStep.same, "", one, item, seen)


def _left(item: InventoryItem, seen: SeenObject | None) -> PlannedObject:
    identity = item.identity
    if seen is None:
        return PlannedObject(identity, SyncStep.forget, item=item)
    if (identity.group, identity.kind) in KEPT_KINDS:
        why = f"a {identity.kind} is never deleted"
        return PlannedObject(identity, SyncStep.keep, why, None, item, seen)
    if item.uid and item.uid != seen.uid:
        why = "somebody else made it anew"
        return PlannedObject(identity, SyncStep.forget, why, None, item, seen)
    return PlannedObject(identity, SyncStep.delete, "", None, item, seen)
