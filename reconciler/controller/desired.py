"""What Git says of an app's objects, ready to be applied."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any

from reconciler.cluster.discovery import Discovery
from reconciler.cluster.ownership import digest
from reconciler.cluster.placed_objects import PlacedObject, placed_objects
from reconciler.cluster.reconciled_apps import APP_LABEL, app_key
from reconciler.cluster.treatment import PLAIN, ObjectTreatment
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
    placed = await placed_objects(bodies, environment, entry, discovery)
    return [_wanted(one, app_key(entry)) for one in placed]


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


def _wanted(placed: PlacedObject, app: str) -> WantedObject:
    metadata = mapping(placed.body, "metadata")
    labels = {**mapping(metadata, "labels"), APP_LABEL: app}
    whole = {**_as_stored(placed.body), "metadata": {**metadata, "labels": labels}}
    return WantedObject(placed.identity, placed.version, whole, digest(whole), placed.treatment)


def _as_stored(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A Secret's stringData in data: a server keeps no owner of what is in the first."""
    if (text(body, "apiVersion"), text(body, "kind")) != ("v1", "Secret"):
        return body
    said = mapping(body, "stringData")
    encoded = {key: b64encode(str(value).encode()).decode() for key, value in said.items()}
    kept = {name: value for name, value in body.items() if name != "stringData"}
    return {**kept, "data": {**mapping(body, "data"), **encoded}} if said else kept
