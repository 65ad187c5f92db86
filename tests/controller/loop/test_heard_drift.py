"""What somebody did is told once, and what was on its way while it was set back is no news."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.cluster.conflict_rules import DEFAULT_RULES, ConflictRule, IgnoredFields, Rule
from reconciler.cluster.inventory.record import InventoryItem, ItemState
from reconciler.cluster.ownership import own_digest
from reconciler.controller.app_event import Happening
from reconciler.controller.app_record import AppRecord
from reconciler.controller.loop.heard_drift import take_drift
from reconciler.controller.watching.watched_objects import WatchedEvent
from reconciler.kubernetes.identity import Identity
from reconciler.model.entry import Entry
from reconciler.model.paths import AppName, Folder

ENTRY = Entry("prod", AppName("web"), Folder("environments/prod/web"))
ONE = Identity("", "ConfigMap", "web", "one")
OURS, NOW = "reconciler/prod.web", datetime(2026, 12, 1, tzinfo=UTC)


def written_by(*managers: str, version: str) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [
        {
            "manager": manager,
            "operation": "Apply" if manager == OURS else "Update",
            "time": f"2026-12-01T00:00:0{n}Z",
            "fieldsV1": {"f:data": {f"f:{manager}": {}}},
        }
        for n, manager in enumerate(managers)
    ]
    return {"uid": "u", "resourceVersion": version, "managedFields": fields}


def record(version: str) -> AppRecord:
    own = own_digest(written_by(OURS, version="1"), OURS)
    app = AppRecord(ENTRY, written={ONE: version})
    item = InventoryItem(ONE, "v1", ItemState.applied, "u", "want", own)
    app.there = type("There", (), {"items": {ONE: item}})()  # what it reads of an app
    return app


@pytest.mark.parametrize(
    ("version", "is_told"), [("6", False), ("7", True), ("8", True), ("10", True), ("opaque", True)]
)
def test_what_was_seen_before_our_last_write_is_not_told(version: str, is_told: bool) -> None:
    app = record("7")
    event = WatchedEvent(ONE, "prod.web", written_by("kubectl", version=version), is_gone=False)
    told = take_drift(app, event, DEFAULT_RULES, NOW)
    assert (told is not None) == is_told == bool(app.drift)


def test_it_is_told_once_until_it_is_set_back() -> None:
    app = record("7")
    theirs = WatchedEvent(ONE, "prod.web", written_by("kubectl", version="8"), is_gone=False)
    told = take_drift(app, theirs, DEFAULT_RULES, NOW)
    assert told is not None
    assert (told.what, told.fields["by"]) == (Happening.changed, "kubectl")
    assert take_drift(app, theirs, DEFAULT_RULES, NOW) is None
    ours = WatchedEvent(ONE, "prod.web", written_by(OURS, version="9"), is_gone=False)
    assert take_drift(app, ours, DEFAULT_RULES, NOW) is None
    assert not app.drift


@pytest.mark.parametrize(
    ("rules", "managers", "is_told"),
    [
        ((ConflictRule("scaler", "data.*", "leave"),), ("scaler",), False),
        ((ConflictRule("scaler", "data.*", "leave"),), ("scaler", "kubectl"), True),
        ((ConflictRule("scaler", "spec.*", "leave"),), ("scaler",), True),
        ((IgnoredFields("", "ConfigMap", pointers=("/data/scaler",)),), ("scaler",), False),
        ((IgnoredFields("", "Secret", pointers=("/data/scaler",)),), ("scaler",), True),
        ((), ("scaler",), True),
    ],
)
def test_what_is_left_to_its_writer_is_no_drift(
    rules: tuple[Rule, ...], managers: tuple[str, ...], is_told: bool
) -> None:
    app = record("")
    event = WatchedEvent(ONE, "prod.web", written_by(*managers, version="8"), is_gone=False)
    assert (take_drift(app, event, rules, NOW) is not None) == is_told == bool(app.drift)
