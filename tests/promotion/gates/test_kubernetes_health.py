"""Somebody applies releases with kubectl, and the gates know from the cluster which one runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from reconciler.cluster.blocking_client import BlockingApiClient, connect
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.errors import ClusterError
from reconciler.health.sources import HealthSources
from reconciler.model.environment import Environment
from reconciler.promotion.gates.judge import judge
from reconciler.promotion.gates.result import Gate, GateResult
from tests.conftest import Repo
from tests.promotion.fleet import Fleet, entry
from tests.promotion.gates.conftest import Ask
from tests.testbed.plugin import Cluster

GATES = "promotion: {without: [checks, secrets], gates: [{type: health}, {type: soak, time: 1m}]}\n"
SOURCE = "health: [{type: kubernetes}]\n"
IN_A_MINUTE = timedelta(minutes=1)
STUCK = """\
patches:
- target: {kind: Deployment}
  patch: |
    - {op: add, path: /spec/progressDeadlineSeconds, value: 2}
    - {op: add, path: /spec/template/spec/nodeSelector, value: {disk: none}}
"""


@dataclass
class Dev:
    """The namespace of the test is dev, and stage waits for what runs in it."""

    cluster: Cluster
    fleet: Fleet
    ask: Ask
    sources: HealthSources

    def release(self, tag: str, more: str = "") -> None:
        where = f"namespace: {self.cluster.namespace}\n{more}"
        self.fleet.commit(entry("dev", "", tag, more=where))

    def apply(self) -> None:
        asked = self.ask(self.fleet, source="dev", target="stage")
        render = asked.renderer.render(asked.tree, "environments/dev/paw")
        self.cluster.kubectl("apply", "-f", "-", stdin=render.manifest.decode())

    def gates(self, later: timedelta = timedelta()) -> tuple[GateResult, GateResult]:
        more = {"now": datetime.now(UTC) + later, "source": "dev", "target": "stage"}
        health, soak = judge(self.ask(self.fleet, **more, sources=self.sources))
        return health, soak


@pytest.fixture
def dev(cluster: Cluster, repo: Repo, ask: Ask) -> Iterator[Dev]:
    def reach(environment: Environment, name: str) -> BlockingApiClient:
        return connect(read_kubeconfig([str(cluster.kubeconfig)]).context(), {})

    fleet = Fleet(repo, {"dev": SOURCE, "stage": GATES})
    with HealthSources(reach, httpx.Client) as sources:
        yield Dev(cluster, fleet, ask, sources)


def test_gates_open_for_what_kubectl_applied_once_it_is_well(dev: Dev) -> None:
    dev.release("v1")
    health, soak = dev.gates()
    assert (health.state, soak.state) == (Gate.waiting, Gate.waiting)
    assert "is not there" in health.evidence
    assert health.hint == "apply it: reconciler render dev/paw | kubectl apply -f -"

    dev.apply()
    dev.cluster.wait("condition=Available", "deployment/paw")
    health, soak = dev.gates()
    assert (health.state, soak.state) == (Gate.open, Gate.waiting)
    assert health.evidence == "the release is applied, and well: 3 objects"
    assert dev.gates(IN_A_MINUTE)[1].state is Gate.open

    dev.release("v2")
    health, soak = dev.gates(IN_A_MINUTE)
    assert (health.state, soak.state) == (Gate.waiting, Gate.waiting)
    assert '[name="paw"].image is paw:v1 in the cluster, and paw:v2 in Git' in health.evidence


def test_a_release_that_does_not_come_up_closes_the_gate(dev: Dev) -> None:
    dev.release("v2", STUCK)
    dev.apply()
    assert dev.gates()[0].state is Gate.waiting
    dev.cluster.wait("condition=Progressing=false", "deployment/paw")
    health, soak = dev.gates(IN_A_MINUTE)
    assert (health.state, soak.state) == (Gate.closed, Gate.waiting)
    assert f"Deployment {dev.cluster.namespace}/paw is degraded: " in health.evidence
    assert "has timed out progressing" in health.evidence


def test_what_does_not_render_or_cannot_be_asked_opens_nothing(dev: Dev, ask: Ask) -> None:
    dev.release("v2", "patches: [{path: lost.yaml}]\n")
    health, _ = dev.gates()
    assert (health.state, "lost.yaml" in health.evidence) == (Gate.closed, True)

    def nowhere(environment: Environment, name: str) -> BlockingApiClient:
        raise ClusterError("no context of the kubeconfig is called dev")

    dev.release("v2")
    with HealthSources(nowhere, httpx.Client) as sources:
        dev.sources = sources
        health, _ = dev.gates()
    assert (health.state, health.evidence) == (
        *(Gate.waiting, "no context of the kubeconfig is called dev"),
    )
