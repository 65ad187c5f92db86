"""What watches told of a cluster's objects: whose they are, and how they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.cluster.ownership import own_digest
from reconciler.cluster.status.state import HEALTHY, ObjectStatus
from reconciler.controller.desired import manager_called
from reconciler.kubernetes.identity import Identity


@dataclass(frozen=True, slots=True)
class WatchedState:
    """One object: whose it is, and how it is."""

    app: str
    uid: str
    own: str  # digest of the fields that are still ours
    status: ObjectStatus


@dataclass(frozen=True, slots=True)
class WatchedEvent:
    """What became of an object with our label; `metadata` is the last that was seen of it."""

    identity: Identity
    app: str
    metadata: Mapping[str, Any]
    is_gone: bool
    status: ObjectStatus = HEALTHY

    @property
    def state(self) -> WatchedState:
        own = own_digest(self.metadata, manager_called(self.app))
        return WatchedState(self.app, str(self.metadata.get("uid") or ""), own, self.status)


class WatchedObjects:
    """Of one cluster, as of now."""

    def __init__(self) -> None:
        self._states: dict[Identity, WatchedState] = {}
        self._by_app: dict[str, set[Identity]] = {}

    def of_app(self, app: str) -> dict[Identity, WatchedState]:
        return {i: self._states[i] for i in self._by_app.get(app, ())}

    def take(self, event: WatchedEvent) -> None:
        if old := self._states.pop(event.identity, None):
            self._by_app[old.app].discard(event.identity)
        if not event.is_gone:
            self._states[event.identity] = event.state
            self._by_app.setdefault(event.app, set()).add(event.identity)

    def gone(self, group: str, kind: str, there: Iterable[Identity]) -> Iterator[WatchedEvent]:
        """Of a kind that was listed anew: what went meanwhile, which no watch told."""
        left = set(there)
        for identity, state in [*self._states.items()]:
            if (identity.group, identity.kind) == (group, kind) and identity not in left:
                yield WatchedEvent(identity, state.app, {"uid": state.uid}, is_gone=True)
