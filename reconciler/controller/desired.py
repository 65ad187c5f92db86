"""What Git says of an app's objects, ready to be applied."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any

from reconciler.cluster.annotations import treatment_of
from reconciler.cluster.discovery import Discovery
from reconciler.cluster.ownership import digest
from reconciler.cluster.reconciled_apps import APP_LABEL, app_key
from reconciler.cluster.treatment import PLAIN, ObjectTreatment
from reconciler.errors import FleetError
from reconciler.kubernetes.access import mapping, text
from reconciler.kubernetes.domain import METRICS_PREFIX
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry
from reconciler.model.environment import Environment
from reconciler.render.renderer import Renderer
from reconciler.trees.tree import Tree

RENDERING = Lock()  # a renderer is for one thread at a time


@dataclass(frozen=True, slots=True)
class WantedObject:
    """An object with our label in it; `want` is the digest of all that is said."""

    identity: Identity
    version: str  # its apiVersion
    body: Mapping[str, Any]
    want: str
    treatment: ObjectTreatment = PLAIN

    @property
    def wave(self) -> int:
        return self.treatment.wave


def manager_of(entry: Entry) -> str:
    """A field manager for each app, so that the server refuses two that want one object."""
    return manager_called(app_key(entry))


def manager_called(app: str) -> str:
    """By what the app is called in the cluster."""
    return f"{METRICS_PREFIX}/{app}"


async def wanted_objects(
    renderer: Renderer,
    tree: Tree,
    environment: Environment,
    entry: Entry,
    discovery: Discovery,
) -> list[WantedObject]:
    """Raises what keeps the app from rendering, and what no cluster could take."""
    bodies = await asyncio.to_thread(_bodies, renderer, tree, entry.folder)
    namespace = environment.destination.namespace_of(entry.app) or "default"
    scopes = dict(_defined(bodies))
    found: dict[Identity, WantedObject] = {}
    for body in bodies:
        one = await _wanted(body, entry, namespace, discovery, scopes)
        if one.identity in found:
            raise FleetError(f"{entry} renders {one.identity} twice", hint="reconciler check")
        found[one.identity] = one
    return [*found.values()]


def rendered_digests(renderer: Renderer, tree: Tree, entries: Sequence[Entry]) -> dict[Entry, str]:
    """What tells whether an app renders as before; nothing of one that does not render."""
    with RENDERING:
        renders = renderer.render_all(tree, [entry.folder for entry in entries])
    found = {render.path: render for render in renders}
    return {e: _digest_of(found[e.folder].manifest) for e in entries if not found[e.folder].error}


def _digest_of(manifest: bytes) -> str:
    return sha256(manifest).hexdigest()[:32]


def _bodies(renderer: Renderer, tree: Tree, folder: str) -> list[dict[str, Any]]:
    with RENDERING:
        render = renderer.render(tree, folder)
        found: list[dict[str, Any]] = json.loads(renderer.kernel.objects(render.manifest))
    return found


async def _wanted(
    body: dict[str, Any],
    entry: Entry,
    namespace: str,
    discovery: Discovery,
    scopes: Mapping[tuple[str, str], bool],
) -> WantedObject:
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
    metadata["labels"] = {**mapping(metadata, "labels"), APP_LABEL: app_key(entry)}
    whole = {**_as_stored(body), "metadata": metadata}
    identity = Identity(group, kind, str(metadata.get("namespace") or ""), name)
    return WantedObject(identity, version, whole, digest(whole), treatment_of(metadata))


def _as_stored(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Secret's stringData in data: a server keeps no owner of what is in the first."""
    if (text(body, "apiVersion"), text(body, "kind")) != ("v1", "Secret"):
        return body
    said = mapping(body, "stringData")
    encoded = {key: b64encode(str(value).encode()).decode() for key, value in said.items()}
    kept = {name: value for name, value in body.items() if name != "stringData"}
    return {**kept, "data": {**mapping(body, "data"), **encoded}} if said else kept


def _defined(bodies: list[dict[str, Any]]) -> Iterator[tuple[tuple[str, str], bool]]:
    """Kinds that come with the app, and whether their objects are in a namespace."""
    for body in bodies:
        if text(body, "kind") == "CustomResourceDefinition":
            kind = text(body, "spec", "names", "kind")
            yield (text(body, "spec", "group"), kind), text(body, "spec", "scope") != "Cluster"
