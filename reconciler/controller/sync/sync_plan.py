"""What is to be done with each object of an app: nothing is asked of a server for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from reconciler.cluster.inventory.record import InventoryItem, ItemState
from reconciler.cluster.treatment import PLAIN, Applying, HookPhase, MayGo, ObjectTreatment
from reconciler.controller.desired import WantedObject
from reconciler.errors import ReconcilerError
from reconciler.kubernetes.identity import Identity

# Whatever Git says: with these goes what nobody can bring back.
KEPT_KINDS = {
    ("", "Namespace"),
    ("", "PersistentVolumeClaim"),
    ("", "PersistentVolume"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
}
HOOK_STATES = (ItemState.hook, ItemState.ran)
APPROVES = "annotate it with argocd.argoproj.io/deletion-approved and the time, to delete it"


@dataclass(frozen=True, slots=True)
class SeenObject:
    """What the cluster says of one of our objects, without what is in it."""

    uid: str
    version: str  # resourceVersion, which says nothing but whether it moved
    own: str  # digest of the fields that are still ours
    treatment: ObjectTreatment = PLAIN  # what it asks for, where Git says it no more


class SyncStep(StrEnum):
    create = "create"
    change = "change"
    same = "same"
    skip = "skip"  # in Git, and left alone
    delete = "delete"
    keep = "keep"  # in Git no more, and never deleted
    ask = "ask"  # in Git no more, and deleted once somebody approves that
    wait = "wait"  # in Git no more, and deleted once its time has come
    forget = "forget"  # in Git no more, and gone already
    run = "run"  # a hook


@dataclass(frozen=True, slots=True)
class PlannedObject:
    identity: Identity
    step: SyncStep
    why: str = ""
    wanted: WantedObject | None = None
    item: InventoryItem | None = None
    seen: SeenObject | None = None
    refused: ReconcilerError | None = None  # before the server is asked

    @property
    def is_drift(self) -> bool:
        """Is it as it is in Git since the last sync, and otherwise in the cluster?"""
        was = self.item.want if self.item and self.item.state is ItemState.applied else ""
        acts = self.step in (SyncStep.create, SyncStep.change)
        return acts and self.wanted is not None and self.wanted.want == was

    @property
    def wave(self) -> int:
        """Of what is in Git no more, that of the cluster."""
        if self.wanted:
            return self.wanted.wave
        return self.seen.treatment.wave if self.seen else 0


@dataclass(frozen=True, slots=True)
class PlannedHook:
    """A hook that is to run in a phase, and its line, which is written before."""

    phase: HookPhase
    wanted: WantedObject
    item: InventoryItem

    @property
    def identity(self) -> Identity:
        return self.wanted.identity

    @property
    def wave(self) -> int:
        return self.wanted.wave


@dataclass(frozen=True, slots=True)
class SyncPlan:
    objects: tuple[PlannedObject, ...]
    hooks: tuple[PlannedHook, ...] = ()

    def of(self, *steps: SyncStep) -> list[PlannedObject]:
        return [planned for planned in self.objects if planned.step in steps]

    @property
    def is_empty(self) -> bool:
        acts = (SyncStep.create, SyncStep.change, SyncStep.delete, SyncStep.forget)
        return not self.hooks and not self.of(*acts)

    @property
    def has_news(self) -> bool:
        """Is there more than what somebody did in the cluster?"""
        made = self.of(SyncStep.create, SyncStep.change)
        return bool(self.of(SyncStep.delete)) or any(not planned.is_drift for planned in made)


def sync_plan(
    wanted: Iterable[WantedObject],
    items: Mapping[Identity, InventoryItem],
    seen: Mapping[Identity, SeenObject],
    *,
    hooks: Collection[Identity] = (),
    present: Collection[Identity] = (),
    removes: bool = False,
) -> SyncPlan:
    """`hooks` are those of Git; `present`: what is there, whoever made it; `removes`: all goes.

    Hooks that Git says no more go with the next news, so that a new commit alone is none.
    """
    found = [
        _applied(one, items.get(one.identity), seen.get(one.identity), present)
        for one in sorted(wanted, key=lambda w: w.identity)
    ]
    there = {planned.identity for planned in found} | {*hooks}
    gone = [items[identity] for identity in sorted(items) if identity not in there]
    left = [_left(item, seen.get(item.identity), removes=removes) for item in gone]
    ordinary = [p for p in left if p.item and p.item.state not in HOOK_STATES]
    plan = SyncPlan((*found, *ordinary))
    return SyncPlan((*found, *left)) if removes or plan.has_news else plan


def without_drift(
    plan: SyncPlan, *, reports: bool = True, stands: Callable[[Identity], bool] = lambda _: False
) -> SyncPlan:
    """Only what Git changed, where drift is told and not set back: there, or of this object.

    `stands`: what may stay as somebody made it for a while yet.
    """

    def is_told(planned: PlannedObject) -> bool:
        own = planned.wanted.treatment.reports_drift if planned.wanted else None
        only_told = reports if own is None else own
        return planned.is_drift and (only_told or stands(planned.identity))

    told = [replace(p, step=SyncStep.same) if is_told(p) else p for p in plan.objects]
    return replace(plan, objects=tuple(told))


def with_refusals(plan: SyncPlan, found: Mapping[Identity, ReconcilerError]) -> SyncPlan:
    """What checks find in an object holds up that one, and what stands on it."""
    acts = (SyncStep.create, SyncStep.change)

    def refusal(planned: PlannedObject) -> ReconcilerError | None:
        i = planned.identity  # a manifest may leave the namespace to where it is applied
        return found.get(i) or found.get(Identity(i.group, i.kind, "", i.name))

    objects = (
        replace(p, refused=error) if p.step in acts and (error := refusal(p)) else p
        for p in plan.objects
    )
    return replace(plan, objects=tuple(objects))


def _applied(
    one: WantedObject,
    item: InventoryItem | None,
    seen: SeenObject | None,
    present: Collection[Identity],
) -> PlannedObject:
    def step(step: SyncStep, why: str = "") -> PlannedObject:
        return PlannedObject(one.identity, step, why, one, item, seen)

    if one.treatment.applies is Applying.never:
        return step(SyncStep.skip, one.treatment.applies_by)
    if seen and seen.treatment.applies is Applying.never:
        return step(SyncStep.skip, f"in the cluster it says {seen.treatment.applies_by}")
    is_known = item is not None and item.state is ItemState.applied
    if one.treatment.applies is Applying.once:
        if seen and is_known:
            return step(SyncStep.same)
        if not seen and one.identity in present:
            return step(
                SyncStep.skip, f"it is there already, and Git says {one.treatment.applies_by}"
            )
    if seen is None:
        return step(SyncStep.create, "it was deleted" if is_known else "")
    if item is None or not is_known or item.uid != seen.uid or item.want != one.want:
        return step(SyncStep.change)
    if item.own != seen.own:
        return step(SyncStep.change, "somebody changed it in the cluster")
    return step(SyncStep.same)


def _left(item: InventoryItem, seen: SeenObject | None, *, removes: bool) -> PlannedObject:
    def step(step: SyncStep, why: str = "") -> PlannedObject:
        return PlannedObject(item.identity, step, why, None, item, seen)

    if seen is None:
        return step(SyncStep.forget)
    if (item.identity.group, item.identity.kind) in KEPT_KINDS:
        return step(SyncStep.keep, f"a {item.identity.kind} is never deleted")
    if item.uid and item.uid != seen.uid:
        return step(SyncStep.forget, "somebody else made it anew")
    if item.state is ItemState.ignored:
        return step(SyncStep.keep, "Git said to leave it alone, when it said it last")
    going = seen.treatment.uninstall if removes else seen.treatment.prune
    if going.may is MayGo.no:
        return step(SyncStep.keep, f"it says {going.by}")
    if going.may is MayGo.confirm and not seen.treatment.is_approved:
        return step(SyncStep.ask, f"it says {going.by}; {APPROVES}")
    return step(SyncStep.delete)
