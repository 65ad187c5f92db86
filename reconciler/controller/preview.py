"""What a sync would change, by object and field, as the server itself says: nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.conflicts import Applied, Conflicts
from reconciler.cluster.ownership import holders
from reconciler.compare.difference import Difference
from reconciler.compare.object_lists import compare
from reconciler.compare.structure import Structure
from reconciler.controller.sync import MAX_REQUESTS
from reconciler.controller.sync_plan import PlannedObject, SyncPlan, SyncStep
from reconciler.errors import ApiError
from reconciler.kubernetes.identity import Identity
from reconciler.text.json_object import JsonObject

# What servers and controllers write, and nobody applies.
THEIRS = (
    *("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"),
)


@dataclass(frozen=True, slots=True)
class HeldField:
    """A field of ours that somebody else wrote: who, and when."""

    identity: Identity
    field: str
    manager: str
    time: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The difference, who made it, and the objects that the server would refuse."""

    difference: Difference
    held: tuple[HeldField, ...]
    refused: tuple[tuple[Identity, ApiError], ...]


async def preview(client: ApiClient, plan: SyncPlan, manager: str, structure: Structure) -> Preview:
    """Of Secrets only their names and labels: their values never come into the process."""
    free = asyncio.Semaphore(MAX_REQUESTS)
    before: list[JsonObject] = []
    after: list[JsonObject] = []
    refused: list[tuple[Identity, ApiError]] = []
    held: list[HeldField] = []

    async def look(planned: PlannedObject) -> None:
        async with free:
            try:
                was, will = await _both(client, planned, manager, held)
            except ApiError as e:
                refused.append((planned.identity, e))
                return
        before.extend([was] if was else [])
        after.extend([will] if will else [])

    steps = (SyncStep.create, SyncStep.change, SyncStep.delete)
    await asyncio.gather(*(look(planned) for planned in plan.of(*steps)))
    return Preview(
        compare(before, after, structure),
        tuple(sorted(held, key=lambda h: (h.identity, h.field))),
        tuple(sorted(refused, key=lambda r: r[0])),
    )


async def _both(
    client: ApiClient, planned: PlannedObject, manager: str, held: list[HeldField]
) -> tuple[JsonObject | None, JsonObject | None]:
    identity, wanted = planned.identity, planned.wanted
    veiled = (identity.group, identity.kind) == ("", "Secret")
    metadata = {"name": identity.name, "namespace": identity.namespace}
    version = wanted.version if wanted else planned.item.version if planned.item else ""
    named = {"apiVersion": version, "kind": identity.kind, "metadata": metadata}
    try:
        path = await client.discovery.path_of(named)
    except ApiError as e:
        if e.status != 404 or not wanted:
            raise
        return None, _plain(wanted.body, named)  # its kind comes with the app
    live = await client.get(path, metadata_only=veiled)
    was = _plain(live, named) if live else None
    if wanted is None:
        return was, None
    try:
        done = await client.apply(wanted.body, manager, dry_run=True, metadata_only=veiled)
        if isinstance(done, Conflicts):
            held.extend(_held(identity, done, live or {}))
            done = await client.apply(
                wanted.body, manager, force=True, dry_run=True, metadata_only=veiled
            )
    except ApiError as e:
        if e.status != 404:
            raise
        return was, _plain(wanted.body, named)  # its Namespace comes with the app
    return was, _plain(done.object, named) if isinstance(done, Applied) else None


def _held(identity: Identity, found: Conflicts, live: JsonObject) -> Iterator[HeldField]:
    for conflict in found.fields:
        known = holders(live.get("metadata") or {}, conflict.field)
        times = (owner.time for owner in known if owner.manager == conflict.manager)
        field = conflict.field.removeprefix(".")
        yield HeldField(identity, field, conflict.manager, next(times, ""))


def _plain(found: Mapping[str, Any], named: JsonObject) -> JsonObject:
    """Without what is the server's own; an answer with metadata alone is called as it is."""
    metadata = {k: v for k, v in found["metadata"].items() if k not in THEIRS}
    kept = {k: v for k, v in found.items() if k != "status"}
    about = {"apiVersion": named["apiVersion"], "kind": named["kind"]}
    return {**kept, **about, "metadata": metadata}
