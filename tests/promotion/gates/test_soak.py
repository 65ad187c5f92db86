"""Soak time counts from when the very release came to the source, and only while it is healthy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.health.spans import common, joined, total
from reconciler.promotion.gates.result import Gate
from tests.promotion.fleet import URL, Fleet, entry, pin
from tests.promotion.gates.conftest import Ask, At, only
from tests.promotion.gates.fake_facts import NOW

Gated = Callable[..., Fleet]
SOAK = "type: soak, time: 24h"
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("hours", "state", "opens"),
    [(23, Gate.waiting, NOW + HOUR), (24, Gate.open, None), (0, Gate.waiting, NOW + 24 * HOUR)],
)
def test_a_release_waits_until_it_has_run_for_long_enough(
    hours: int, state: Gate, opens: datetime | None, gated: Gated, ask: Ask, at: At
) -> None:
    fleet = gated(SOAK)
    at(NOW - hours * HOUR)
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    found = only(ask(fleet), "soak")
    assert (found.state, found.opens, found.app) == (state, opens, "paw")


def test_a_change_of_one_image_begins_it_again(gated: Gated, ask: Ask, at: At) -> None:
    fleet = gated(SOAK)
    release = fleet.change(2)
    at(NOW - 48 * HOUR)
    fleet.commit(entry("stage", release, "v2"))
    at(NOW - HOUR)
    fleet.commit(entry("stage", release, "v3"))
    assert only(ask(fleet), "soak").opens == NOW + 23 * HOUR


def test_what_is_the_sources_own_does_not_begin_it_again(gated: Gated, ask: Ask, at: At) -> None:
    fleet = gated(SOAK)
    release = fleet.change(2)
    at(NOW - 48 * HOUR)
    fleet.commit(entry("stage", release, "v2"))
    at(NOW - HOUR)
    fleet.commit(entry("stage", release, "v2", more="replicas: [{name: paw, count: 3}]\n"))
    assert only(ask(fleet), "soak").state is Gate.open


def test_a_release_that_came_back_soaks_again(gated: Gated, ask: Ask, at: At) -> None:
    fleet = gated(SOAK)
    release = fleet.change(2)
    for ago, tag in ((72, "v2"), (50, "v3"), (2, "v2")):
        at(NOW - ago * HOUR)
        fleet.commit(entry("stage", release, tag))
    assert only(ask(fleet), "soak").opens == NOW + 22 * HOUR


def test_a_merge_counts_from_when_it_was_merged(gated: Gated, ask: Ask, at: At) -> None:
    fleet = gated(SOAK)
    release = fleet.change(2)
    at(NOW - 48 * HOUR)
    fleet.repo.git("switch", "--quiet", "--create", "side")
    fleet.commit(entry("stage", release, "v2"))
    at(NOW - HOUR)
    fleet.repo.git("switch", "--quiet", "main")
    fleet.repo.git("merge", "--quiet", "--no-ff", "side")
    assert only(ask(fleet), "soak").opens == NOW + 23 * HOUR


def test_an_older_release_has_the_time_until_it_was_replaced(
    gated: Gated, ask: Ask, at: At
) -> None:
    fleet = gated(SOAK)
    short, long = fleet.change(2), fleet.change(3)
    for ago, release, tag in ((50, short, "v2"), (40, long, "v3"), (2, fleet.first, "v4")):
        at(NOW - ago * HOUR)
        fleet.commit(entry("stage", release, tag))
    assert only(ask(fleet, release=long), "soak").state is Gate.open
    found = only(ask(fleet, release=short), "soak")
    assert (found.state, found.opens) == (Gate.closed, None)
    assert "10 h of 1 d, and replaced there on 2026-11-16 20:00 UTC" in found.evidence


def test_of_several_overlays_the_promoted_one_counts(gated: Gated, ask: Ask, at: At) -> None:
    fleet = gated(SOAK)
    old, paw, lib, newer = (fleet.change(port) for port in (2, 3, 4, 5))

    def two(environment: str, paw: str, lib: str) -> dict[str, str]:
        text = f"resources:\n- {pin(environment, paw)}\n- {URL}//overlays/lib?ref={lib}\n"
        return {f"environments/{environment}/paw/kustomization.yaml": text}

    at(NOW - 48 * HOUR)
    fleet.commit(two("prod", paw, old), two("stage", paw, lib))
    at(NOW - 2 * HOUR)
    fleet.commit(two("stage", lib, newer))
    assert "1 d 22 h of 1 d" in only(ask(fleet, release=paw), "soak").evidence


def test_a_source_that_follows_the_branch_runs_what_its_overlay_is(
    repo_of_dev: Fleet, ask: Ask, at: At
) -> None:
    fleet = repo_of_dev
    at(NOW - 30 * HOUR)
    fleet.change(2)
    at(NOW - HOUR)
    fleet.commit({"docs/page.md": "nothing that dev reads\n"})
    found = only(ask(fleet, source="dev", target="stage"), "soak")
    assert found.state is Gate.open
    fleet.change(3)
    found = only(ask(fleet, source="dev", target="stage"), "soak")
    assert found.opens == NOW + 23 * HOUR


@pytest.fixture
def repo_of_dev(gated: Gated) -> Fleet:
    return gated(SOAK, stage=f"promotion: {{gates: [{{{SOAK}}}]}}\n")


def test_a_clock_that_is_wrong_opens_nothing_early(gated: Gated, ask: Ask, at: At) -> None:
    fleet = gated(SOAK)
    at(NOW + 5 * HOUR)
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    found = only(ask(fleet), "soak")
    assert (found.state, found.opens) == (Gate.waiting, None)
    assert "is dated 2026-11-18 17:00 UTC, which is still to come" in found.evidence


minutes = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(
        lambda ends: (NOW + ends[0] * timedelta(minutes=1), NOW + ends[1] * timedelta(minutes=1))
    ),
    max_size=6,
)


@given(minutes, minutes)
def test_common_time_is_the_minutes_that_both_have(
    some: list[tuple[datetime, datetime]], others: list[tuple[datetime, datetime]]
) -> None:
    def inside(spans: list[tuple[datetime, datetime]]) -> set[int]:
        starts = [NOW + i * timedelta(minutes=1) for i in range(60)]
        return {i for i, t in enumerate(starts) if any(a <= t < b for a, b in spans)}

    found = common(joined(some), joined(others))
    assert inside(list(found)) == inside(some) & inside(others)
    assert total(found) == len(inside(list(found))) * timedelta(minutes=1)
