"""What a sync would change, by object and field, as the server itself says: nothing is written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.api_errors import NOT_FOUND, accepting
from reconciler.cluster.conflicts import Applied, Conflicts
from reconciler.cluster.ownership import holders
from reconciler.compare.difference import Difference
from reconciler.compare.object_lists import compare
from reconciler.compare.projection import as_said
from reconciler.controller.sync.recreate import cannot_change, may_be_made_anew
from reconciler.controller.sync.sync_context import MAX_REQUESTS
from reconciler.controller.sync.sync_plan import PlannedObject, SyncPlan, SyncStep
from reconciler.errors import ApiError
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.structure import Structure
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
    anew: tuple[Identity, ...]  # deleted, and made again
    refused: tuple[tuple[Identity, ApiError], ...]


async def preview(
    client: ApiClient,
    plan: SyncPlan,
    manager: str,
    structure: Structure,
    recreate: Sequence[str] = (),
) -> Preview:
    """Of Secrets only their names and labels: their values never come into the process."""
    free = asyncio.Semaphore(MAX_REQUESTS)
    before: list[JsonObject] = []
    after: list[JsonObject] = []
    refused: list[tuple[Identity, ApiError]] = []
    held: list[HeldField] = []
    anew: list[Identity] = []

    async def look(planned: PlannedObject) -> None:
        live: JsonObject | None = None
        async with free:
            try:
                live = await _live(client, planned)
                will = await _will(client, planned, manager, live, held)
            except ApiError as e:
                if not (e.frozen and planned.wanted and live):
                    refused.append((planned.identity, e))
                    return
                if not (planned.seen and may_be_made_anew(planned.wanted, recreate)):
                    error = cannot_change(planned.wanted, e, live)
                    refused.append((planned.identity, error))
                    return
                anew.append(planned.identity)
                will = dict(planned.wanted.body)
                live = as_said(live, will)
                if _is_veiled(planned.identity):
                    will = as_said(will, live)
        before.extend([_plain(live, planned)] if live else [])
        after.extend([_plain(will, planned)] if will else [])

    steps = (SyncStep.create, SyncStep.change, SyncStep.delete)
    await asyncio.gather(*(look(planned) for planned in plan.of(*steps)))
    return Preview(
        compare(before, after, structure),
        tuple(sorted(held, key=lambda h: (h.identity, h.field))),
        tuple(sorted(anew)),
        tuple(sorted(refused, key=lambda r: r[0])),
    )


async def _live(client: ApiClient, planned: PlannedObject) -> JsonObject | None:
    try:
        path = await client.discovery.path_of(_named(planned))
    except ApiError as e:
        if e.status != NOT_FOUND:
            raise
        return None  # its kind comes with the app
    return await client.get(path, metadata_only=_is_veiled(planned.identity))


async def _will(
    client: ApiClient,
    planned: PlannedObject,
    manager: str,
    live: JsonObject | None,
    held: list[HeldField],
) -> JsonObject | None:
    """As the server says that it would be, though others hold fields of it."""
    if planned.wanted is None:
        return None
    body, veiled = planned.wanted.body, _is_veiled(planned.identity)
    will: Mapping[str, Any] | None = body
    with accepting(NOT_FOUND):  # its kind or its Namespace comes with the app
        done = await client.apply(body, manager, dry_run=True, metadata_only=veiled)
        if isinstance(done, Conflicts):
            held.extend(_held(planned.identity, done, live or {}))
            done = await client.apply(body, manager, force=True, dry_run=True, metadata_only=veiled)
        will = done.object if isinstance(done, Applied) else None
    return dict(will) if will else None


def _held(identity: Identity, found: Conflicts, live: JsonObject) -> Iterator[HeldField]:
    for conflict in found.fields:
        known = holders(live.get("metadata") or {}, conflict.field)
        times = (owner.time for owner in known if owner.manager == conflict.manager)
        field = conflict.field.removeprefix(".")
        yield HeldField(identity, field, conflict.manager, next(times, ""))


def _is_veiled(identity: Identity) -> bool:
    return (identity.group, identity.kind) == ("", "Secret")


def _named(planned: PlannedObject) -> JsonObject:
    identity, wanted, item = planned.identity, planned.wanted, planned.item
    version = wanted.version if wanted else item.version if item else ""
    metadata = {"name": identity.name, "namespace": identity.namespace}
    return {"apiVersion": version, "kind": identity.kind, "metadata": metadata}


def _plain(found: Mapping[str, Any], planned: PlannedObject) -> JsonObject:
    """Without what is the server's own; an answer with metadata alone is called as it is."""
    named = _named(planned)
    metadata = {k: v for k, v in found["metadata"].items() if k not in THEIRS}
    kept = {k: v for k, v in found.items() if k != "status"}
    return {**kept, **named, "metadata": metadata}
