"""Rendered objects where they will be: each in its namespace, or in none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.cluster.annotations import treatment_of
from reconciler.cluster.discovery import Discovery
from reconciler.cluster.treatment import PLAIN, ObjectTreatment
from reconciler.errors import FleetError
from reconciler.kubernetes.access import mapping, text
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment

Scopes = Mapping[tuple[str, str], bool]  # by group and kind: are its objects in a namespace?


@dataclass(frozen=True, slots=True)
class PlacedObject:
    """An object whose metadata names the namespace that it will be in."""

    identity: Identity
    version: str  # its apiVersion
    body: Mapping[str, Any]
    treatment: ObjectTreatment = PLAIN


async def placed_objects(
    bodies: Sequence[Mapping[str, Any]],
    environment: Environment,
    entry: Entry,
    discovery: Discovery,
) -> list[PlacedObject]:
    """Raises what no cluster could take."""
    namespace = environment.destination.namespace_of(entry.app) or "default"
    scopes = dict(_defined(bodies))
    found: dict[Identity, PlacedObject] = {}
    for body in bodies:
        one = await _placed(body, entry, namespace, discovery, scopes)
        if one.identity in found:
            raise FleetError(f"{entry} renders {one.identity} twice", hint="reconciler check")
        found[one.identity] = one
    return [*found.values()]


async def _placed(
    body: Mapping[str, Any],
    entry: Entry,
    namespace: str,
    discovery: Discovery,
    scopes: Scopes,
) -> PlacedObject:
    version, kind = text(body, "apiVersion"), text(body, "kind")
    group = version.rpartition("/")[0]
    metadata = {**mapping(body, "metadata")}
    name = text(metadata, "name")
    if not version or not kind or not name:
        raise FleetError(f"{entry} renders an object without kind or name", hint="reconciler check")
    known = await discovery.is_namespaced(version, kind)
    if scopes.get((group, kind), True if known is None else known):
        metadata.setdefault("namespace", namespace)
    else:
        metadata.pop("namespace", None)
    identity = Identity(group, kind, str(metadata.get("namespace") or ""), name)
    return PlacedObject(identity, version, {**body, "metadata": metadata}, treatment_of(metadata))


def _defined(bodies: Sequence[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, str], bool]]:
    """Kinds that come with the app, and whether their objects are in a namespace."""
    for body in bodies:
        if text(body, "kind") == "CustomResourceDefinition":
            kind = text(body, "spec", "names", "kind")
            yield (text(body, "spec", "group"), kind), text(body, "spec", "scope") != "Cluster"
