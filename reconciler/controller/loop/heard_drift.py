"""What an event says of an app's object: that somebody changed or deleted it, or set it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from reconciler.cluster.conflict_rules import Rule, rule_for
from reconciler.cluster.conflicts import FieldConflict
from reconciler.cluster.inventory.record import InventoryItem, ItemState
from reconciler.cluster.ownership import applier, owners_of
from reconciler.controller.app_event import AppEvent, Happening
from reconciler.controller.app_record import AppRecord, Drift
from reconciler.controller.desired import manager_of
from reconciler.controller.watching.kind_watch import who_changed
from reconciler.controller.watching.watched_objects import WatchedEvent
from reconciler.kubernetes.access import text


def take_drift(
    app: AppRecord, event: WatchedEvent, rules: Sequence[Rule], now: datetime
) -> AppEvent | None:
    """The app remembers it; what is told is told once, and what is left to others is not."""
    item = app.items.get(event.identity)
    if item is None or item.state is not ItemState.applied:
        return None
    if event.is_gone and event.metadata.get("uid") != item.uid:
        return None
    if _is_older(event.metadata, app.written.get(event.identity, "")):
        return None
    if not event.is_gone and event.state.own == item.own:
        app.drift.pop(event.identity, None)
        return None
    if not event.is_gone and _is_left(event.metadata, item, manager_of(app.entry), rules):
        return None
    fields = {"object": str(event.identity)}
    if event.is_gone:
        drift, what = Drift("", "", now, is_gone=True), Happening.deleted
    else:
        drift = Drift(*who_changed(event.metadata, manager_of(app.entry)), now)
        what = Happening.changed
        fields |= {"by": drift.manager, "at": drift.time}
    known = app.drift.get(event.identity)
    if known and known.is_same(drift):
        return None
    app.drift[event.identity] = drift
    return AppEvent(app.entry, what, fields, object=event.identity)


def _is_left(
    metadata: Mapping[str, Any], item: InventoryItem, manager: str, rules: Sequence[Rule]
) -> bool:
    """Did nobody write since we did, but those to whom rules leave all that they hold?"""
    ours = applier(metadata, manager)
    since = ours.time if ours else ""
    conflicts = [
        FieldConflict(path, owner.manager, "")
        for owner in owners_of(metadata)
        if owner != ours and owner.subresource != "status" and owner.time >= since
        for path in owner.paths
        if not path.startswith(".status")
    ]
    return bool(conflicts) and all(
        rule_for(rules, conflict, item.reference).do == "leave" for conflict in conflicts
    )


def _is_older(metadata: Mapping[str, Any], written: str) -> bool:
    """What was on its way while we wrote tells of what we have set back already."""
    version = text(metadata, "resourceVersion")
    known = version.isdecimal() and written.isdecimal()
    return known and int(version) < int(written)
