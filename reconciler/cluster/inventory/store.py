"""Inventories in ConfigMaps, written only over what was read: of two writers one loses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.api_errors import CONFLICT
from reconciler.cluster.inventory.record import (
    About,
    InventoryItem,
    about_lines,
    damaged,
    item_lines,
    read_about,
    read_items,
)
from reconciler.cluster.reconciled_apps import ENVIRONMENT_LABEL, SYSTEM_NAMESPACE
from reconciler.cluster.system_namespace import NAMESPACES, create_in_system
from reconciler.errors import ApiError, ClusterError
from reconciler.kubernetes.domain import DOMAIN
from reconciler.kubernetes.identity import Identity
from reconciler.text.json_object import JsonObject

LABEL = f"{DOMAIN}/inventory"
FORMAT = "1"
MAX_LINES = 2_000  # of some 200 bytes: a ConfigMap may have 1 MiB
PLACE = f"{NAMESPACES}/{SYSTEM_NAMESPACE}/configmaps"


@dataclass(slots=True)
class _Piece:
    """One ConfigMap. An object stays in the one that it is in, so that no write moves a line."""

    name: str
    version: str = ""
    items: dict[Identity, InventoryItem] = field(default_factory=dict)


async def apps_with_inventory(client: ApiClient, environment: str) -> list[str]:
    """The apps of which something was applied for an environment, as they are called there."""
    labels = f"{LABEL},{ENVIRONMENT_LABEL}={environment}"
    listing = await client.list(PLACE, labels=labels, metadata_only=True)
    names = (str(item["metadata"]["name"]).split(".") for item in listing.items)
    return sorted({parts[2] for parts in names if len(parts) > 2})


class Inventory:
    """Of one app, called as ENVIRONMENT.APP; as it was read, or last written."""

    def __init__(self, client: ApiClient, app: str) -> None:
        self._client = client
        self._app = app
        self._pieces: list[_Piece] = []
        self.about: About | None = None

    @property
    def items(self) -> dict[Identity, InventoryItem]:
        return {identity: item for piece in self._pieces for identity, item in piece.items.items()}

    async def read(self) -> None:
        pieces: list[_Piece] = []
        about: About | None = None
        while found := await self._client.get(f"{PLACE}/{self._name(len(pieces))}"):
            pieces.append(_read(found))
            about = about or _about(found)
        self._pieces, self.about = pieces, about

    async def write(self, about: About, items: Iterable[InventoryItem]) -> None:
        """All of them, and no others; only what changes is written."""
        wanted = {item.identity: item for item in items}
        about_moved = about != self.about
        places = {identity: piece for piece in self._pieces for identity in piece.items}
        after: dict[str, dict[Identity, InventoryItem]] = {piece.name: {} for piece in self._pieces}
        for identity, item in wanted.items():
            piece = places.get(identity)
            name = piece.name if piece else self._room(after)
            after.setdefault(name, {})[identity] = item
        known = {piece.name: piece for piece in self._pieces}
        for number, name in enumerate(after or {self._name(0): {}}):
            piece = known.get(name) or self._new_piece(name)
            lines = after.get(name, {})
            if lines != piece.items or not piece.version or (about_moved and number == 0):
                await self._save(piece, lines, about)
        self.about = about

    async def remove(self) -> None:
        """Once nothing is left in it."""
        for piece in reversed(self._pieces):
            await self._client.delete(f"{PLACE}/{piece.name}")
        self._pieces = []

    def _room(self, after: dict[str, dict[Identity, InventoryItem]]) -> str:
        free = (name for name, lines in after.items() if len(lines) < MAX_LINES)
        return next(free, self._name(len(after)))

    def _new_piece(self, name: str) -> _Piece:
        piece = _Piece(name)
        self._pieces.append(piece)
        return piece

    def _name(self, number: int) -> str:
        return f"inventory.{self._app}" + (f".{number + 1}" if number else "")

    async def _save(
        self, piece: _Piece, items: dict[Identity, InventoryItem], about: About
    ) -> None:
        data = {"about": about_lines(about), "objects": item_lines(items.values())}
        metadata: JsonObject = {"name": piece.name, "namespace": SYSTEM_NAMESPACE}
        metadata["labels"] = {LABEL: FORMAT, ENVIRONMENT_LABEL: self._app.partition(".")[0]}
        body: JsonObject = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
        try:
            if piece.version:
                metadata["resourceVersion"] = piece.version
                path = f"{PLACE}/{piece.name}"
                done = await self._client.merge_patch(path, {**body, "data": data})
            else:
                done = await create_in_system(self._client, PLACE, {**body, "data": data})
        except ApiError as e:
            if e.status != CONFLICT:
                raise
            raise ClusterError(
                f"the inventory of {self._app} was changed by somebody else meanwhile",
                hint="somebody else applies this app, too: try it again when that has ended",
            ) from e
        piece.version, piece.items = str(done["metadata"]["resourceVersion"]), items


def _read(found: JsonObject) -> _Piece:
    metadata, data = found["metadata"], found.get("data") or {}
    name = str(metadata["name"])
    form = (metadata.get("labels") or {}).get(LABEL)
    if form != FORMAT:
        raise damaged(name, f"its label {LABEL} is {form}, and not {FORMAT}")
    items = read_items(str(data.get("objects") or ""), name)
    return _Piece(name, str(metadata["resourceVersion"]), {i.identity: i for i in items})


def _about(found: JsonObject) -> About:
    data = found.get("data") or {}
    return read_about(str(data.get("about") or ""), str(found["metadata"]["name"]))
