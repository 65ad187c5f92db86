"""What is in a cluster of an app: names and owners, and never what a Secret holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

from reconciler.cluster.annotations import treatment_of
from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.api_errors import NOT_FOUND, accepting
from reconciler.cluster.ownership import own_digest
from reconciler.cluster.reconciled_apps import APP_LABEL
from reconciler.cluster.status.state import Kind
from reconciler.cluster.treatment import Applying
from reconciler.controller.desired import WantedObject
from reconciler.controller.sync.sync_plan import SeenObject
from reconciler.kubernetes.access import text
from reconciler.kubernetes.identity import Identity
from reconciler.text.json_object import JsonObject

MAX_LISTS = 8  # under way at once

Named = tuple[Identity, str]  # and its apiVersion
ListedPlace = tuple[str, str, str]  # apiVersion, kind and namespace


async def observed(
    client: ApiClient, named: Iterable[Named], app: str, manager: str
) -> dict[Identity, SeenObject]:
    """The objects with the app's label, of the kinds of those that are named."""
    found = await listed(client, named, app, lambda _: True)
    return {identity: seen_as(o["metadata"], manager) for identity, o in found.items()}


async def present(
    client: ApiClient, wanted: Iterable[WantedObject], seen: Mapping[Identity, SeenObject]
) -> set[Identity]:
    """What is applied only where it is not there yet, and is there, whoever made it."""

    async def look(one: WantedObject) -> Identity | None:
        with accepting(NOT_FOUND):  # its kind comes with the app
            path = await client.discovery.path_of(one.body)
            if await client.get(path, metadata_only=True):
                return one.identity
        return None

    once = [one for one in wanted if one.treatment.applies is Applying.once]
    found = await asyncio.gather(*(look(one) for one in once if one.identity not in seen))
    return {identity for identity in found if identity}


async def listed(
    client: ApiClient,
    named: Iterable[Named],
    app: str,
    by_name_alone: Callable[[Kind], bool],
) -> dict[Identity, JsonObject]:
    """What has the app's label; `by_name_alone` says of which group and kind metadata is enough.

    In the namespaces of what is named, so that no right on others is needed, and no server has to
    look through all of its objects.
    """
    free = asyncio.Semaphore(MAX_LISTS)
    places = {(version, identity.kind, identity.namespace) for identity, version in named}

    async def look(place: ListedPlace) -> dict[Identity, JsonObject]:
        async with free:
            return await listed_at(client, place, by_name_alone, labels=f"{APP_LABEL}={app}")

    found = await asyncio.gather(*map(look, sorted(places)))
    return {identity: o for objects in found for identity, o in objects.items()}


async def listed_at(
    client: ApiClient, place: ListedPlace, by_name_alone: Callable[[Kind], bool], *, labels: str
) -> dict[Identity, JsonObject]:
    """All of an apiVersion's kind in a namespace, or of a kind that is in none."""
    version, kind, namespace = place
    group = version.rpartition("/")[0]
    items: tuple[JsonObject, ...] = ()
    with accepting(NOT_FOUND):  # a kind that is not there has no objects
        path = await client.discovery.list_path(version, kind, namespace)
        alone = by_name_alone((group, kind))
        items = (await client.list(path, labels=labels, metadata_only=alone)).items
    about = {"apiVersion": version, "kind": kind}
    return {identity_of(group, kind, o): {**o, **about} for o in items}


def identity_of(group: str, kind: str, o: JsonObject) -> Identity:
    return Identity(group, kind, text(o, "metadata", "namespace"), text(o, "metadata", "name"))


def seen_as(metadata: JsonObject, manager: str) -> SeenObject:
    return SeenObject(
        str(metadata["uid"]),
        str(metadata["resourceVersion"]),
        own_digest(metadata, manager),
        treatment_of(metadata),
    )
