"""Health is what Argo CD, Prometheus or the app itself says of the very release."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from reconciler.cluster.api_access import Access
from reconciler.cluster.auth import FixedProof, Proof
from reconciler.cluster.blocking_client import BlockingApiClient, connect
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.health.sources import HealthSources
from reconciler.model.environment import Environment
from reconciler.promotion.gates.judge import judge
from reconciler.promotion.gates.result import Gate, GateResult
from tests.conftest import Repo
from tests.promotion.fleet import Fleet, entry
from tests.promotion.gates.conftest import Ask, At, only
from tests.promotion.gates.fake_facts import NOW
from tests.promotion.gates.web import Answer, prometheus, serving
from tests.testbed.plugin import Cluster
from tests.testbed.test_argocd import application, healthy

Gated = Callable[..., Fleet]
HOUR = timedelta(hours=1)
GATES = ("type: health", "type: soak, time: 24h")


def judged(fleet: Fleet, ask: Ask, **more: Any) -> tuple[GateResult, GateResult]:
    health, soak = judge(ask(fleet, **more))
    return health, soak


@pytest.fixture
def aged(gated: Gated, at: At) -> Callable[..., Fleet]:
    """What is due has been in stage for two days, and health is known from there."""

    def make(source: str, *gates: str) -> Fleet:
        fleet = gated(*(gates or GATES), stage=f"health: [{{{source}}}]\n")
        at(NOW - 48 * HOUR)
        fleet.commit(entry("stage", fleet.change(2), "v2"))
        return fleet

    return make


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (200, Gate.open),
        (204, Gate.open),
        (301, Gate.closed),
        (404, Gate.closed),
        (503, Gate.closed),
    ],
)
def test_a_probe_is_healthy_if_it_answers_well(
    status: int, state: Gate, aged: Callable[..., Fleet], ask: Ask
) -> None:
    asked: list[str] = []

    def answers(path: str, form: object) -> Answer:
        asked.append(path)
        return status, b""

    with serving(answers) as url:
        health, soak = judged(aged(f'type: http, url: "{url}/{{app}}/healthz?token=hunter2"'), ask)
    assert (health.state, asked) == (state, ["/paw/healthz?token=hunter2"])
    assert str(status) in health.evidence
    assert "hunter2" not in health.evidence
    assert soak.state is Gate.open  # a probe remembers nothing, and all time counts


def test_an_app_that_does_not_answer_is_ill(aged: Callable[..., Fleet], ask: Ask) -> None:
    with serving(lambda *_: (200, b"")) as url:
        pass
    health, _ = judged(aged(f'type: http, url: "{url}"'), ask)
    assert (health.state, "does not answer: ConnectError" in health.evidence) == (Gate.closed, True)


def test_without_a_source_of_health_nothing_is_healthy(gated: Gated, ask: Ask) -> None:
    fleet = gated(*GATES)
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    assert only(ask(fleet), "health").hint == "add health to environments/stage/environment.yaml"


def test_a_source_speaks_of_the_apps_that_it_is_for(aged: Callable[..., Fleet], ask: Ask) -> None:
    health, _ = judged(aged('type: http, app: "dog*", url: "http://127.0.0.1:1"'), ask)
    assert "has no source of health for paw" in health.evidence


def ago(moment: float) -> float:
    return (NOW.timestamp() - moment) / 3600


@pytest.mark.parametrize(
    ("values", "state", "hours", "soak"),
    [
        (lambda _: ["1"], Gate.open, 48, Gate.open),
        (lambda _: ["1", "7.5"], Gate.open, 48, Gate.open),
        (lambda t: ["1", "0" if ago(t) > 12 else "1"], Gate.open, 12, Gate.waiting),
        (lambda t: ["NaN" if ago(t) > 12 else "1"], Gate.open, 12, Gate.waiting),
        (lambda t: None if 10 <= ago(t) <= 20 else ["1"], Gate.open, 38, Gate.open),
        (lambda t: ["0" if ago(t) < 40 else "1"], Gate.closed, 8, Gate.waiting),
        (lambda t: None if ago(t) < 40 else ["1"], Gate.waiting, 8, Gate.waiting),
        (lambda _: None, Gate.waiting, 0, Gate.waiting),
    ],
)
def test_time_counts_in_which_no_value_of_the_query_was_0(
    values: Callable[[float], list[str] | None],
    state: Gate,
    hours: int,
    soak: Gate,
    aged: Callable[..., Fleet],
    ask: Ask,
) -> None:
    with serving(prometheus(values)) as url:
        fleet = aged(f"type: prometheus, url: '{url}/', query: 'min(up{{namespace=\"{{app}}\"}})'")
        found, soaked = judged(fleet, ask)
    assert (found.state, soaked.state) == (state, soak)
    assert (soaked.opens is None) == (soak is Gate.open or state is Gate.waiting)
    if soaked.opens:
        lacking = (soaked.opens - NOW) / HOUR
        assert 0 <= lacking - (24 - hours) < 0.1  # less than two samples


def test_the_query_has_the_apps_name_in_it(aged: Callable[..., Fleet], ask: Ask) -> None:
    seen: list[str] = []

    def answers(path: str, form: Any) -> Answer:
        seen.append(form["query"])
        return 400, {"status": "error", "errorType": "bad_data", "error": "it does not parse"}

    with serving(answers) as url:
        health, soak = judged(
            aged(f"type: prometheus, url: '{url}', query: 'up{{x=\"{{app}}\"}}'"), ask
        )
    assert seen == ['up{x="paw"}']  # and asked once for both gates
    assert health.state is Gate.waiting
    assert health.evidence == "Prometheus refuses the query: it does not parse"
    assert soak.evidence.endswith("now: Prometheus refuses the query: it does not parse")
    assert soak.opens is None  # nobody knows how much of the time it was healthy


@pytest.mark.parametrize("answer", [(200, b"<html>"), (200, []), (502, b""), (200, {"status": 1})])
def test_what_is_no_prometheus_opens_nothing(
    answer: Answer, aged: Callable[..., Fleet], ask: Ask
) -> None:
    with serving(lambda *_: answer) as url:
        health, _ = judged(aged(f"type: prometheus, url: '{url}', query: up"), ask)
    assert health.state is Gate.waiting


def anonymous(url: str) -> BlockingApiClient:
    return BlockingApiClient(Access("a test", url, FixedProof(Proof())))


@pytest.fixture
def argo(request: pytest.FixtureRequest) -> Iterator[tuple[dict[str, Any], HealthSources]]:
    """An API server that knows one Application, as a test describes it."""
    known: dict[str, Any] = {}

    def answers(path: str, form: object) -> Answer:
        assert path == "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/stage-paw"
        answer: Answer = known.get("answer", (200, known))
        return answer

    with serving(answers) as url, HealthSources(lambda *_: anonymous(url), httpx.Client) as sources:
        yield known, sources


ARGO = 'type: argocd, application: "{environment}-{app}"'
SINCE = (NOW - 30 * HOUR).isoformat().replace("+00:00", "Z")
LATER = (NOW - 10 * HOUR).isoformat().replace("+00:00", "Z")


def status(revision: str, fine: str = "Healthy", same: str = "Synced", **more: Any) -> Any:
    return {
        "metadata": {"name": "stage-paw"},
        "spec": {"source": {"path": "environments/stage/paw"}},
        "status": {
            "sync": {"status": same, "revision": revision},
            "health": {"status": fine, "lastTransitionTime": SINCE},
            "history": [{"revision": revision, "deployedAt": SINCE}],
            **more,
        },
    }


@pytest.mark.parametrize(
    ("made", "state", "said", "opens"),
    [
        (lambda now, old: status(now), Gate.open, "Synced and Healthy", None),
        (lambda now, old: status(now, "Degraded"), Gate.closed, "Synced and Degraded", 24),
        (lambda now, old: status(now, "Progressing"), Gate.waiting, "Synced and Progressing", None),
        (lambda now, old: status(now, same="OutOfSync"), Gate.waiting, "OutOfSync and Heal", None),
        (lambda now, old: status(old), Gate.waiting, "which is another release", None),
        (lambda now, old: status("e" * 40), Gate.waiting, "this clone does not hold", None),
        (lambda now, old: status(""), Gate.waiting, "is at no revision", None),
        # healthy for 30 hours, deployed 10 hours ago
        (
            lambda now, old: status(now, history=[{"revision": now, "deployedAt": LATER}]),
            *(Gate.open, "Healthy", 14),
        ),
        # deployed 30 hours ago, and once more
        (
            lambda now, old: status(
                now,
                history=[
                    {"revision": old, "deployedAt": LATER},
                    {"revision": now, "deployedAt": SINCE},
                    {"revision": now, "deployedAt": LATER},
                ],
            ),
            *(Gate.open, "Healthy", None),
        ),
        # nothing was to be done: the manifests were the same
        (lambda now, old: status(now, history=[]), Gate.open, "Healthy", None),
        # Argo CD before 2.14 does not say since when, so nothing counts
        (lambda now, old: status(now, health={"status": "Healthy"}), Gate.open, "Healthy", 24),
        (
            lambda now, old: status(now) | {"spec": {"source": {"path": "environments/prod/paw"}}},
            *(Gate.waiting, "deploys environments/prod/paw, and not environments/stage/paw", None),
        ),
        (
            lambda now, old: status(now) | {"spec": {"source": {"path": "environments/stage"}}},
            *(Gate.open, "Healthy", None),
        ),
        (
            lambda now, old: {
                **status(now, sync={"status": "Synced", "revisions": ["x", now]}, history=[]),
                "spec": {"sources": [{"chart": "c", "path": "x"}, {"path": "environments/stage/"}]},
            },
            *(Gate.open, "Healthy", None),
        ),
        (lambda now, old: {"answer": (404, {})}, Gate.waiting, "no Application argocd/stage", None),
        (lambda now, old: {"answer": (403, {})}, Gate.waiting, "you may not read it", None),
        (lambda now, old: {"answer": (500, {})}, Gate.waiting, "answers with 500", None),
        (lambda now, old: {"answer": (200, [])}, Gate.waiting, "a form that this program", None),
    ],
)  # fmt: skip
def test_an_application_counts_if_it_is_synced_to_the_release_and_healthy(
    made: Callable[[str, str], Any],
    state: Gate,
    said: str,
    opens: int | None,
    argo: tuple[dict[str, Any], HealthSources],
    aged: Callable[..., Fleet],
    ask: Ask,
) -> None:
    known, sources = argo
    fleet = aged(ARGO)
    known |= made(fleet.repo.git("rev-parse", "main"), fleet.first)
    health, soak = judged(fleet, ask, sources=sources)
    assert (health.state, said in health.evidence) == (state, True), health
    assert soak.opens == (NOW + opens * HOUR if opens else None), soak


def test_an_api_server_that_is_away_opens_nothing(aged: Callable[..., Fleet], ask: Ask) -> None:
    with serving(lambda *_: (200, b"")) as url:
        pass
    with HealthSources(lambda *_: anonymous(url), httpx.Client) as sources:
        health, soak = judged(aged(ARGO), ask, sources=sources)
    assert (health.state, soak.state) == (Gate.waiting, Gate.waiting)
    assert "the API server does not answer" in health.evidence


def test_argo_cd_opens_the_gates_for_what_it_runs_and_for_nothing_else(
    argocd: Cluster, repo: Repo, ask: Ask
) -> None:
    name = argocd.namespace
    gates = (
        "promotion: {without: [checks, secrets], gates: [{type: health}, {type: soak, time: 1m}]}\n"
    )
    source = f"health: [{{type: argocd, application: {name}}}]\n"
    fleet = Fleet(repo, {"dev": source, "stage": gates})
    fleet.change(2)

    def reach(environment: Environment, cluster: str) -> BlockingApiClient:
        return connect(read_kubeconfig([str(argocd.kubeconfig)]).context(), {})

    def now(later: timedelta = timedelta()) -> tuple[GateResult, GateResult]:
        with HealthSources(reach, httpx.Client) as sources:
            time = datetime.now(NOW.tzinfo) + later
            return judged(fleet, ask, now=time, source="dev", target="stage", sources=sources)

    assert "there is no Application" in now()[0].evidence

    place = {"path": "environments/dev/paw", "plugin": {"name": "stock"}}
    argocd.kubectl("apply", "-f", "-", stdin=application(argocd, repo, name, **place))
    healthy(argocd, name)
    health, soak = now()
    assert (health.state, soak.state) == (Gate.open, Gate.waiting)
    assert "Synced and Healthy" in health.evidence
    assert now(timedelta(minutes=1))[1].state is Gate.open

    # A later commit at which the entry is the same changes nothing.
    fleet.commit({"docs/page.md": "x\n"})
    assert now()[0].state is Gate.open

    # What Argo CD has not synced yet is not healthy.
    argocd.kubectl(
        *("patch", "application", name, "-n", "argocd", "--type=json"),
        *("-p", '[{"op": "remove", "path": "/spec/syncPolicy"}]'),
    )
    revision = fleet.change(3)
    assert [result.state for result in now(timedelta(minutes=1))] == [Gate.waiting, Gate.waiting]

    argocd.kubectl("apply", "-f", "-", stdin=application(argocd, repo, name, **place))
    argocd.kubectl(
        "annotate", "application", name, "-n", "argocd", "argocd.argoproj.io/refresh=normal"
    )
    argocd.kubectl(
        "wait", "-n", "argocd", f"--for=jsonpath={{.status.sync.revision}}={revision}",
        f"application/{name}", "--timeout=120s",
    )  # fmt: skip
    healthy(argocd, name)
    assert now()[0].state is Gate.open
    argocd.kubectl("delete", "application", name, "-n", "argocd")
