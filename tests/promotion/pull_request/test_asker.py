"""What is merged without a person, and what needs somebody who stands behind it."""

from __future__ import annotations

import pytest

from reconciler.model.environment import Environment
from reconciler.model.fleet import load_fleet
from reconciler.model.paths import AppName
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.promotion_request import PromotionKind, PromotionRequest
from reconciler.promotion.pull_request.asker import goes_along, has_backing
from tests.conftest import Repo
from tests.promotion.fleet import Fleet
from tests.promotion.gates.fake_facts import HEAD, Paper, pull

PROMOTION = PromotionKind.promotion


@pytest.fixture
def prod(repo: Repo) -> Environment:
    policy = "promotion: {overrides: [Lead, acme/sre], allowSkipFrom: [dev]}\n"
    return load_fleet(Fleet(repo, {"prod": policy}).base().tree).environment("prod")


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        (PromotionRequest(PROMOTION, "stage", "prod", (AppName("paw"),)), True),
        (PromotionRequest(PROMOTION, "stage", "prod"), True),
        (PromotionRequest(PROMOTION, "stage", "prod", (AppName("paw"),), release="a" * 40), False),
        (PromotionRequest(PROMOTION, "stage", "prod", (AppName("paw"),), unheld="so"), False),
        (PromotionRequest(PROMOTION, "dev", "prod", (AppName("paw"),)), False),
        (PromotionRequest(PromotionKind.rollback, "prod", "prod", (AppName("paw"),)), False),
        (PromotionRequest(PromotionKind.hotfix, "stage", "prod", (AppName("paw"),)), False),
    ],
)
def test_only_what_the_chain_brings_anyway_goes_along(
    wanted: PromotionRequest, goes: bool, prod: Environment
) -> None:
    assert goes_along(wanted, prod) is goes


@pytest.mark.parametrize(
    ("forge", "state", "backed"),
    [
        (Paper(), Gate.open, False),
        (Paper(), Gate.overridden, True),
        (Paper().approve("lead"), Gate.open, True),
        (Paper().approve("Lead", "f" * 40), Gate.open, False),
        (Paper(teams={"acme/sre": ["dave"]}).approve("dave"), Gate.open, True),
        (Paper(teams={"acme/sre": ["dave"]}).approve("bob"), Gate.open, False),
    ],
)
def test_somebody_stands_behind_it_who_may_override(
    forge: Paper, state: Gate, backed: bool, prod: Environment
) -> None:
    results = [GateResult("checks", Gate.open, ""), GateResult("approvals", state, "")]
    assert has_backing(forge, pull(commit=HEAD), prod, results) is backed
