"""Asks a cluster what of an app drifted since its last sync; nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.conflict_rules import Rule
from reconciler.cluster.conflicts import Applied, Conflicts, FieldConflict
from reconciler.cluster.field_paths import value_at
from reconciler.cluster.inventory.record import InventoryItem, ItemState
from reconciler.cluster.reconciled_apps import app_key
from reconciler.controller.desired import manager_of, wanted_objects
from reconciler.controller.inspection.drift import (
    CORRECT,
    IN_CLUSTER,
    REPORT,
    AppDrift,
    DriftAction,
    DriftKind,
    ForeignField,
    ObjectDrift,
    TwoSides,
    field_drifts,
    foreign_owners,
)
from reconciler.controller.inspection.live_objects import live_objects
from reconciler.controller.sync.observe import seen_as
from reconciler.controller.sync.sync_context import MAX_REQUESTS
from reconciler.controller.sync.sync_plan import PlannedObject, SyncStep, sync_plan
from reconciler.errors import ApiError
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.masking import Mask
from reconciler.kubernetes.values import ABSENT
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.render.renderer import Renderer
from reconciler.text.json_object import JsonObject
from reconciler.trees.tree import Tree


@dataclass(frozen=True, slots=True)
class LastSync:
    """What Git said then: the commit, with the environment as it was in it."""

    tree: Tree
    commit: str
    environment: Environment
    items: Mapping[Identity, InventoryItem]


async def find_drift(
    client: ApiClient,
    renderer: Renderer,
    entry: Entry,
    last: LastSync,
    rules: tuple[Rule, ...],
    *,
    reports: bool,
) -> AppDrift:
    """`rules`, and whether drift is only reported, are what the environment says now."""
    wanted = await wanted_objects(renderer, last.tree, last.environment, entry, client.discovery)
    items = {i: item for i, item in last.items.items() if item.state is ItemState.applied}
    manager = manager_of(entry)
    there = await live_objects(client, items.values(), app_key(entry), lambda _: True)
    seen = {identity: seen_as(o["metadata"], manager) for identity, o in there.objects.items()}
    plan = sync_plan(
        (w for w in wanted if w.identity in items and not there.hides(items[w.identity])),
        items,
        seen,
    )
    look = _Look(client, manager, rules, reports=reports)
    drifted = [p for p in plan.of(SyncStep.create, SyncStep.change) if p.is_drift]
    objects = await asyncio.gather(*map(look.at, drifted))
    foreign = await asyncio.gather(
        *(
            look.foreign(items[one.identity], one.body, there.objects[one.identity]["metadata"])
            for one in wanted
            if one.identity in there.objects
        )
    )
    return AppDrift(
        last.commit,
        tuple(sorted(filter(None, objects), key=lambda o: o.identity)),
        tuple(sorted((f for found in foreign for f in found), key=lambda f: (f.identity, f.field))),
        there.unseen,
        len(plan.objects),
    )


class _Look:
    """At one object after the other, with what holds for all of an app."""

    def __init__(
        self, client: ApiClient, manager: str, rules: tuple[Rule, ...], *, reports: bool
    ) -> None:
        self._client = client
        self._manager = manager
        self._rules = rules
        self._reports = reports
        self._free = asyncio.Semaphore(MAX_REQUESTS)

    async def at(self, planned: PlannedObject) -> ObjectDrift | None:
        """None where everything is as Git says, whoever wrote it."""
        identity = planned.identity
        action, rule = (
            (DriftAction.reported, REPORT) if self._reports else (DriftAction.corrected, CORRECT)
        )
        if planned.seen is None:
            return ObjectDrift(identity, DriftKind.deleted, action, rule)
        replaced = planned.item is not None and planned.item.uid != planned.seen.uid
        kind = DriftKind.replaced if replaced else DriftKind.changed
        try:
            async with self._free:
                sides = await self._sides(planned)
        except ApiError as e:
            return ObjectDrift(identity, kind, action, rule, error=e)
        if sides is None:
            return ObjectDrift(identity, DriftKind.deleted, action, rule)
        fields = tuple(field_drifts(sides, self._manager, self._rules, reports=self._reports))
        if not fields and not replaced:
            return None
        return ObjectDrift(identity, kind, action, rule, fields)

    async def _sides(self, planned: PlannedObject) -> TwoSides | None:
        """None where it has gone by now."""
        assert planned.wanted  # noqa: S101
        body, veiled = planned.wanted.body, _is_secret(planned.identity)
        path = await self._client.discovery.path_of(body)
        live = await self._client.get(path, metadata_only=veiled)
        if live is None:
            return None
        ask = partial(self._client.apply, body, self._manager, dry_run=True, metadata_only=veiled)
        done = await ask()
        conflicts: tuple[FieldConflict, ...] = ()
        if isinstance(done, Conflicts):
            conflicts = done.fields
            done = await ask(force=True)
        assert isinstance(done, Applied)  # noqa: S101
        mask = Mask()
        return TwoSides(
            body,
            mask.object({**live, "kind": planned.identity.kind}),
            mask.object({**done.object, "kind": planned.identity.kind}),
            live["metadata"],
            done.object["metadata"],
            conflicts,
            veiled,
        )

    async def foreign(
        self, item: InventoryItem, body: Mapping[str, Any], metadata: JsonObject
    ) -> list[ForeignField]:
        """What Git says, too, is drift or nothing."""
        held = foreign_owners(metadata, self._manager)
        owners = [(path, owner) for path, owner in held if value_at(body, path) is ABSENT]
        if not owners:
            return []
        veiled, live = _is_secret(item.identity), None
        if not veiled:
            path = await self._client.discovery.path_of(item.reference)
            async with self._free:
                live = await self._client.get(path)
        shown = Mask().object(live or {})
        return [
            ForeignField(
                item.identity,
                path.removeprefix("."),
                IN_CLUSTER if veiled else value_at(shown, path),
                owner.manager,
                owner.time,
            )
            for path, owner in owners
        ]


def _is_secret(identity: Identity) -> bool:
    return (identity.group, identity.kind) == ("", "Secret")
