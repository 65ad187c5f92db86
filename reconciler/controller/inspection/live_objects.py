"""An app's objects as they are, with whatever rights somebody has: what is forbidden is named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.api_errors import FORBIDDEN, NOT_FOUND, accepting
from reconciler.cluster.inventory.record import InventoryItem
from reconciler.cluster.reconciled_apps import APP_LABEL
from reconciler.cluster.status.state import Kind
from reconciler.controller.sync.observe import MAX_LISTS, ListedPlace, listed_at
from reconciler.errors import ApiError
from reconciler.kubernetes.identity import Identity
from reconciler.text.json_object import JsonObject


@dataclass(frozen=True, slots=True, order=True)
class Unseen:
    """A right that lacks: what is of this kind there is not known."""

    version: str  # apiVersion
    kind: str
    namespace: str  # or "" for a kind without
    verb: str = "list"

    def __str__(self) -> str:
        where = f" in {self.namespace}" if self.namespace else ""
        return f"no right to {self.verb} {self.kind} ({self.version}){where}"

    def as_json(self) -> JsonObject:
        return {
            "version": self.version,
            "kind": self.kind,
            "namespace": self.namespace,
            "verb": self.verb,
        }


@dataclass(frozen=True, slots=True)
class LiveObjects:
    objects: Mapping[Identity, JsonObject]
    unseen: tuple[Unseen, ...] = ()

    def hides(self, item: InventoryItem) -> bool:
        """May it be there, and only not be seen?"""
        identity = item.identity
        return any(
            (u.version, u.kind, u.namespace) == (item.version, identity.kind, identity.namespace)
            for u in self.unseen
        )


async def live_objects(
    client: ApiClient,
    items: Iterable[InventoryItem],
    app: str,
    by_name_alone: Callable[[Kind], bool],
) -> LiveObjects:
    """In the namespaces where they are, so that no right on others is needed."""
    wanted = {item.identity: item for item in items}
    places = {(i.version, i.identity.kind, i.identity.namespace) for i in wanted.values()}
    free = asyncio.Semaphore(MAX_LISTS)
    label = f"{APP_LABEL}={app}"
    found: dict[Identity, JsonObject] = {}
    unseen: list[Unseen] = []

    async def look(version: str, kind: str, namespace: str) -> None:
        async with free:
            listed = await listed_in(
                client, (version, kind, namespace), by_name_alone, labels=label
            )
        if isinstance(listed, Unseen):
            unseen.append(listed)
        else:
            found.update((i, o) for i, o in listed.items() if i in wanted)

    async def look_for(item: InventoryItem) -> None:
        """One whose label somebody took away is no less there."""
        alone = by_name_alone((item.identity.group, item.identity.kind))
        reference = item.reference
        async with free:
            with accepting(NOT_FOUND, FORBIDDEN):
                path = await client.discovery.path_of(reference)
                if o := await client.get(path, metadata_only=alone):
                    found[item.identity] = {**o, **_about(item.version, item.identity.kind)}

    await asyncio.gather(*(look(*place) for place in places))
    seen = LiveObjects(found, tuple(sorted(unseen)))
    left = (i for identity, i in wanted.items() if identity not in found and not seen.hides(i))
    await asyncio.gather(*map(look_for, left))
    return seen


async def listed_in(
    client: ApiClient,
    place: ListedPlace,
    by_name_alone: Callable[[Kind], bool] = lambda kind: kind == ("", "Secret"),
    *,
    labels: str = "",
) -> dict[Identity, JsonObject] | Unseen:
    """Those of `listed_at`, where one may list them."""
    try:
        return await listed_at(client, place, by_name_alone, labels=labels)
    except ApiError as e:
        if e.status != FORBIDDEN:
            raise
        return Unseen(*place)


def _about(version: str, kind: str) -> JsonObject:
    return {"apiVersion": version, "kind": kind}
