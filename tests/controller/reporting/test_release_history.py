"""The releases that ran: one for each thing that was rendered, and when it was well."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from reconciler.controller.app_record import AppRecord, GoneBack
from reconciler.controller.reporting.release_history import (
    MAX_RELEASES,
    AppliedRelease,
    releases_of,
    with_release,
)
from reconciler.model.entry import Entry
from reconciler.model.paths import AppName, Folder

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
ENTRY = Entry("prod", AppName("web"), Folder("environments/prod/web"))


def app(commit: str, rendered: str, **others: object) -> AppRecord:
    made = AppRecord(ENTRY, rendered=rendered, synced=rendered, commit=commit, began=NOON)
    for name, value in others.items():
        setattr(made, name, value)
    return made


def test_a_release_is_there_once_it_is_applied_and_says_when_it_was_first_well() -> None:
    assert with_release((), app("a", "1", synced="0")) == ()
    ran = with_release((), app("a", "1"))
    assert ran == (AppliedRelease("a", "1", "2026-12-01T12:00:00Z"),)
    well = with_release(ran, app("a", "1", well_since=NOON + timedelta(minutes=1)))
    assert well == (replace(ran[0], healthy_at="2026-12-01T12:01:00Z"),)
    assert with_release(well, app("a", "1", well_since=NOON + timedelta(hours=1))) == well


def test_a_commit_that_changes_nothing_of_the_app_is_no_release() -> None:
    ran = with_release((), app("a", "1"))
    assert with_release(ran, app("b", "1")) == ran


def test_going_back_is_told_with_what_it_is_instead_of() -> None:
    ran = with_release(with_release((), app("a", "1")), app("b", "2"))
    back = with_release(ran, app("a", "2", gone_back=GoneBack("b", "a")))
    assert [(one.commit, one.instead_of) for one in back] == [("a", "b"), ("b", ""), ("a", "")]


def test_the_newest_are_kept_and_read_again() -> None:
    ran: tuple[AppliedRelease, ...] = ()
    for n in range(2 * MAX_RELEASES):
        ran = with_release(ran, app(f"c{n}", f"{n}", well_since=NOON))
    assert [one.commit for one in ran] == [f"c{n}" for n in range(19, 9, -1)]
    assert releases_of({"status": {"history": [one.as_json for one in ran]}}) == ran
