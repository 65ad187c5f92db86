"""Questions about promotions of a small fleet, at times of the test's choice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from reconciler.cluster.blocking_client import BlockingApiClient
from reconciler.health.sources import HealthSources
from reconciler.model.environment import Environment
from reconciler.model.fleet import load_fleet
from reconciler.promotion.gates.judge import judge
from reconciler.promotion.gates.question import GateQuestion
from reconciler.promotion.gates.result import GateResult
from reconciler.promotion.plan.steps import plan_of
from reconciler.render.kernel_process import Kernel
from reconciler.render.renderer import Renderer
from tests.conftest import Repo
from tests.promotion.fleet import Fleet
from tests.promotion.gates.fake_facts import NOW

Ask = Callable[..., GateQuestion]
At = Callable[[datetime], None]


def no_cluster(environment: Environment, name: str) -> BlockingApiClient:
    raise AssertionError("there is no cluster")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """From now on, commits are made at this time."""

    def set_clock(time: datetime) -> None:
        for role in ("AUTHOR", "COMMITTER"):
            monkeypatch.setenv(f"GIT_{role}_DATE", f"{int(time.timestamp())} +0000")

    set_clock(NOW.replace(year=2025))
    return set_clock


@pytest.fixture
def gated(repo: Repo, at: At) -> Callable[..., Fleet]:
    """A fleet of which prod waits for these gates, and stage has this in its description."""

    def make(*gates: str, stage: str = "", more: str = "") -> Fleet:
        lines = "".join(f"  - {{{gate}}}\n" for gate in gates)
        by_default = {"checks", "secrets"} - {type_of(gate) for gate in gates}
        without = f"  without: [{', '.join(sorted(by_default))}]\n"
        prod = f"promotion:\n  overrides: [Alice]\n{without}{more}  gates:\n{lines}"
        return Fleet(repo, {"stage": stage, "prod": prod})

    return make


@pytest.fixture
def sources() -> Iterator[HealthSources]:
    with HealthSources(no_cluster, httpx.Client) as opened:
        yield opened


@pytest.fixture
def ask(kernel: Kernel, sources: HealthSources) -> Iterator[Ask]:
    with Renderer(kernel=kernel) as renderer:

        def make(
            fleet: Fleet,
            now: datetime = NOW,
            source: str = "stage",
            target: str = "prod",
            release: str | None = None,
            **more: Any,
        ) -> GateQuestion:
            base = fleet.base()
            loaded = load_fleet(base.tree)
            ends = [loaded.environment(name) for name in (source, target)]
            apps = sorted({e.app for e in loaded.entries if e.environment == target})
            return GateQuestion(
                **{
                    "fleet": loaded,
                    "source": ends[0],
                    "target": ends[1],
                    "gates": ends[1].gates,
                    "plan": plan_of(base, ends[0], ends[1], apps, release),
                    "repository": base.repository,
                    "tree": base.tree,
                    "renderer": renderer,
                    "sources": sources,
                    "now": now,
                    **more,
                }
            )

        yield make


def type_of(gate: str) -> str:
    return gate.removeprefix("type: ").partition(",")[0]


def only(question: GateQuestion, name: str) -> GateResult:
    (found,) = [result for result in judge(question) if result.name == name]
    return found
