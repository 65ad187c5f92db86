"""What became of a promotion after its merge."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from reconciler.cluster.blocking_client import BlockingApiClient
from reconciler.errors import ClusterError
from reconciler.forges.forge import MergeOutcome
from reconciler.health.sources import HealthSources
from tests.promotion.fleet import entry, overlay
from tests.promotion.gates.web import serving
from tests.promotion.pull_request.conftest import build as build
from tests.promotion.pull_request.conftest import checking as checking
from tests.promotion.pull_request.forge_setup import ALL, PromotionFleet, unreachable

Build = Callable[..., PromotionFleet]


def test_what_fails_on_a_branch_of_its_own_goes_back_on_that_branch(build: Build) -> None:
    with serving(lambda *_: (503, b"")) as url:
        promotion_fleet = build(
            prod=f'releases: {{branch: live}}\nhealth: [{{type: http, url: "{url}"}}]\n'
        )
        promotion_fleet.tag("v2")
        promotion_fleet.fleet.repo.git("push", "--quiet", "origin", "main:live")
        merged = promotion_fleet.advance().pull
        assert merged
        assert promotion_fleet.forge.merge(merged, merged.title, "") is MergeOutcome.merged
        promotion_fleet.later(minutes=10)
        follow(promotion_fleet, HealthSources(unreachable, httpx.Client))  # type: ignore[arg-type]
    (back,) = promotion_fleet.open()
    assert (back.base, back.title) == ("live", "Roll back paw v2 → v1 in prod")
    assert "newTag: v1" in promotion_fleet.file(back.branch)
    assert "newTag: v2" in promotion_fleet.file("live")
    assert back.url in promotion_fleet.forge.comments(merged)[-1].body


def test_each_app_that_fails_gets_a_way_back_of_its_own(build: Build) -> None:
    with serving(lambda *_: (503, b"")) as url:
        promotion_fleet = build(prod=f'health: [{{type: http, url: "{url}"}}]\n')
        fleet = promotion_fleet.fleet
        cat = fleet.commit(overlay("cat", 1))
        fleet.commit(*(entry(e, cat, app="cat") for e in ("stage", "prod")))
        promotion_fleet.tag("v2", app="cat", ref=cat)
        promotion_fleet.tag("v2")
        merged = promotion_fleet.advance(ALL).pull
        assert merged
        assert promotion_fleet.forge.merge(merged, merged.title, "") is MergeOutcome.merged
        promotion_fleet.later(minutes=10)
        follow(promotion_fleet, HealthSources(unreachable, httpx.Client))  # type: ignore[arg-type]
    back = {pull.title: pull for pull in promotion_fleet.open()}
    assert set(back) == {"Roll back cat v2 → v1 in prod", "Roll back paw v2 → v1 in prod"}
    said = promotion_fleet.forge.comments(merged)[-1].body
    assert all(pull.url in said for pull in back.values())


def test_what_nobody_can_tell_takes_nothing_back(build: Build) -> None:
    def away(*_: object) -> BlockingApiClient:
        raise ClusterError("https://10.0.0.1:6443 does not answer", why="the token has expired")

    argocd = "health: [{type: argocd, application: '{app}-prod'}]\n"
    promotion_fleet = build(prod=f"promotion: {{autoMerge: true}}\n{argocd}")
    promotion_fleet.tag("v2")
    merged = promotion_fleet.advance().pull
    assert merged
    promotion_fleet.later(minutes=61)
    follow(promotion_fleet, HealthSources(away, httpx.Client))
    assert promotion_fleet.open() == []
    assert "newTag: v2" in promotion_fleet.file("main")
    assert "does not answer" in promotion_fleet.forge.comments(merged)[-1].body


def follow(promotion_fleet: PromotionFleet, sources: HealthSources) -> None:
    with sources:
        promotion_fleet.round(sources)


def test_a_date_that_somebody_wrote_hides_no_rollout(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails by the time of its merge, which the forge has, whatever commits say around it."""
    with serving(lambda *_: (503, b"")) as url:
        promotion_fleet = build(prod=f'health: [{{type: http, url: "{url}"}}]\n')
        promotion_fleet.tag("v2")
        merged = promotion_fleet.advance().pull
        assert merged
        assert promotion_fleet.forge.merge(merged, merged.title, "") is MergeOutcome.merged
        for date in ("@0 +0000", "@4102444800 +0000", "@0 +0000"):
            promotion_fleet.pull()
            monkeypatch.setenv("GIT_COMMITTER_DATE", date)
            promotion_fleet.fleet.commit({"note.md": date})
            promotion_fleet.push()
        promotion_fleet.later(minutes=10)
        follow(promotion_fleet, HealthSources(unreachable, httpx.Client))  # type: ignore[arg-type]
    (back,) = promotion_fleet.open()
    assert back.title == "Roll back paw v2 → v1 in prod"


def test_what_was_merged_long_ago_is_not_followed_because_of_a_date(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda *_: (503, b"")) as url:
        promotion_fleet = build(prod=f'health: [{{type: http, url: "{url}"}}]\n')
        promotion_fleet.tag("v2")
        merged = promotion_fleet.advance().pull
        assert merged
        monkeypatch.setenv("GIT_COMMITTER_DATE", "@4102444800 +0000")
        assert promotion_fleet.forge.merge(merged, merged.title, "") is MergeOutcome.merged
        promotion_fleet.later(days=2)
        follow(promotion_fleet, HealthSources(unreachable, httpx.Client))  # type: ignore[arg-type]
    assert promotion_fleet.open() == []
