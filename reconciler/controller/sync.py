"""One app of a cluster made what Git says, so that a kill at any request does no harm."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reconciler.cluster.api_client import CONFLICT, ApiClient
from reconciler.cluster.apply import (
    DEFAULT_RULES,
    ApplyOutcome,
    ConflictRule,
    ObjectApplied,
    apply_object,
)
from reconciler.cluster.inventory.record import About, InventoryItem, ItemState
from reconciler.cluster.inventory.store import Inventory
from reconciler.cluster.order import batches
from reconciler.controller.desired import WantedObject
from reconciler.controller.sync_plan import PlannedObject, SyncPlan, SyncStep
from reconciler.errors import ApiError
from reconciler.kubernetes.identity import Identity

MAX_REQUESTS = 8  # under way at once
ESTABLISHED_SECONDS = 30.0
PAUSE_SECONDS = 0.2
CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")
GOOD = (ApplyOutcome.created, ApplyOutcome.changed, ApplyOutcome.unchanged)


@dataclass(frozen=True, slots=True)
class ObjectDone:
    """What came of one object: applied, or deleted where `applied` is None; or why not."""

    identity: Identity
    step: SyncStep
    applied: ObjectApplied | None = None
    error: ApiError | None = None
    waits_for: str = ""  # what failed before it
    is_leaving: bool = False  # deleted, and still there: something finishes with it first

    @property
    def result(self) -> str:
        """In a word, by which they are counted."""
        if self.waits_for:
            return "waiting"
        if self.applied:
            return self.applied.outcome.value
        return "refused" if self.error else "deleted"

    @property
    def is_good(self) -> bool:
        if self.error or self.waits_for:
            return False
        return self.applied is None or self.applied.outcome in GOOD


Told = Callable[[ObjectDone], None]


class Syncer:
    """Carries a plan out for one app; `told` hears of each object when it is done."""

    def __init__(
        self,
        client: ApiClient,
        inventory: Inventory,
        manager: str,
        rules: Sequence[ConflictRule] = DEFAULT_RULES,
        told: Told = lambda _: None,
    ) -> None:
        self._client = client
        self._inventory = inventory
        self._manager = manager
        self._rules = rules
        self._told = told
        self._free = asyncio.Semaphore(MAX_REQUESTS)

    async def sync(self, plan: SyncPlan, about: About) -> list[ObjectDone]:
        """Everything that can be done is done, whatever is refused; deleted is only after that."""
        before = self._inventory.items
        if plan.is_empty and self._inventory.about == about:
            return []
        if new := _intended(plan, before):
            await self._inventory.write(about, [*before.values(), *new])
        done = await self._apply_all(plan)
        if all(one.is_good for one in done):
            going = plan.of(SyncStep.delete)
            done += await asyncio.gather(*(self._delete(planned) for planned in going))
        await self._inventory.write(about, _recorded(plan, self._inventory.items, done))
        return done

    async def _apply_all(self, plan: SyncPlan) -> list[ObjectDone]:
        planned = {p.identity: p for p in plan.of(SyncStep.create, SyncStep.change)}
        wanted = [p.wanted for p in planned.values() if p.wanted]
        done: list[ObjectDone] = []
        for batch in batches(wanted):
            waits_for = _earlier(batch[0].wave, done, planned)
            work = (self._apply(planned[one.identity], one, done, waits_for) for one in batch)
            found = await asyncio.gather(*work)
            done += found
            await self._established(found)
        return done

    async def _apply(
        self,
        planned: PlannedObject,
        wanted: WantedObject,
        done: Sequence[ObjectDone],
        waits_for: str,
    ) -> ObjectDone:
        if missing := waits_for or _stands_on(wanted, done):
            return self._say(ObjectDone(planned.identity, planned.step, waits_for=missing))
        version = planned.seen.version if planned.seen else ""
        async with self._free:
            applied = await apply_object(
                self._client, wanted.body, self._manager, self._rules, version
            )
        return self._say(ObjectDone(planned.identity, planned.step, applied, applied.error))

    async def _delete(self, planned: PlannedObject) -> ObjectDone:
        """With the uid that the inventory names, so that no other object of the name goes."""
        assert planned.item  # noqa: S101
        uid = planned.item.uid or (planned.seen.uid if planned.seen else "")
        error, is_leaving = None, False
        async with self._free:
            try:
                path = await self._client.discovery.path_of(planned.item.reference)
                await self._client.delete(path, uid=uid, propagation="Background")
                left = await self._client.get(path, metadata_only=True)
                is_leaving = bool(left and left["metadata"]["uid"] == uid)
            except ApiError as e:
                error = None if e.status == CONFLICT else e  # another object by now: not ours
        return self._say(ObjectDone(planned.identity, planned.step, None, error, "", is_leaving))

    async def _established(self, done: Iterable[ObjectDone]) -> None:
        """New kinds can be used only once their definitions are."""
        names = [d.identity.name for d in done if _key(d.identity) == CRD and d.is_good]
        end = asyncio.get_running_loop().time() + ESTABLISHED_SECONDS
        for name in names:
            path = f"/apis/{CRD[0]}/v1/customresourcedefinitions/{name}"
            while asyncio.get_running_loop().time() < end:
                found = await self._client.get(path) or {}
                conditions = (found.get("status") or {}).get("conditions") or ()
                if any((c["type"], c["status"]) == ("Established", "True") for c in conditions):
                    break
                await asyncio.sleep(PAUSE_SECONDS)

    def _say(self, done: ObjectDone) -> ObjectDone:
        self._told(done)
        return done


def _earlier(
    wave: int, done: Iterable[ObjectDone], planned: Mapping[Identity, PlannedObject]
) -> str:
    """What failed in an earlier wave: a later one begins when that is right."""
    for one in done:
        wanted = planned[one.identity].wanted
        if not one.is_good and wanted and wanted.wave < wave:
            return str(one.identity)
    return ""


def _stands_on(wanted: WantedObject, done: Iterable[ObjectDone]) -> str:
    """The Namespace or the definition without which an object cannot be, if that failed."""
    for one in done:
        if one.is_good:
            continue
        identity = one.identity
        if _key(identity) == ("", "Namespace") and identity.name == wanted.identity.namespace:
            return str(identity)
        if _key(identity) == CRD and identity.name.partition(".")[2] == wanted.identity.group:
            return str(identity)
    return ""


def _intended(plan: SyncPlan, known: dict[Identity, InventoryItem]) -> list[InventoryItem]:
    """Before anything is made its line is there, so that whoever comes next knows of it."""
    return [
        InventoryItem(p.identity, p.wanted.version, ItemState.intended)
        for p in plan.of(SyncStep.create, SyncStep.change)
        if p.wanted and p.identity not in known
    ]


def _recorded(
    plan: SyncPlan, items: dict[Identity, InventoryItem], done: Iterable[ObjectDone]
) -> list[InventoryItem]:
    """A line goes only once the server has said that the object does."""
    planned = {p.identity: p for p in plan.objects}
    after = dict(items)
    for p in plan.of(SyncStep.forget):
        after.pop(p.identity, None)
    for p in plan.of(SyncStep.keep):
        after[p.identity] = replace(items[p.identity], state=ItemState.kept)
    for one in done:
        if not one.is_good:
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
    return [*after.values()]


def _key(identity: Identity) -> tuple[str, str]:
    return identity.group, identity.kind
