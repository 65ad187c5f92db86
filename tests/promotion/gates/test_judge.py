"""Each gate is asked for itself, and one that breaks is closed and takes no other down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reconciler.checks.finding import Finding, Severity
from reconciler.errors import RenderTimeout
from reconciler.forges.forge import PullRequestState, StatusVerdict
from reconciler.model.paths import AppName
from reconciler.promotion.gates.judge import judge
from reconciler.promotion.gates.opening_time import earliest
from reconciler.promotion.gates.question import MissingSecret
from reconciler.promotion.gates.result import Gate, GateResult
from reconciler.promotion.gates.statuses import LONGEST, statuses_of
from tests.promotion.fleet import URL, Fleet, entry, overlay, pin
from tests.promotion.gates.conftest import Ask, At, only
from tests.promotion.gates.fake_facts import NOW, pull

Gated = Callable[..., Fleet]

PLUGIN = """
from datetime import datetime
from reconciler.promotion.gates.result import Gate, GateResult

def opens(question):
    return [GateResult("whatever", Gate.open, f"{question.target.name} may")]

def fails(question):
    raise RuntimeError("password=hunter2")

def leaves(question):
    raise SystemExit(3)

def lies(question):
    return ["open"]

def timeless(question):
    yield GateResult("x", Gate.waiting, "later", opens=datetime(2026, 1, 1))

def silent(question):
    return []

def waits(question):
    import time
    time.sleep(30)
"""
NAMES = ("opens", "fails", "leaves", "lies", "timeless", "silent", "waits")


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with gates, as pip would install it."""
    folder = tmp_path / "site"
    about = folder / "our_gates-1.0.dist-info"
    about.mkdir(parents=True)
    (folder / "our_gates.py").write_text(PLUGIN)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: our-gates\nVersion: 1.0\n")
    points = "".join(f"{name} = our_gates:{name}\n" for name in NAMES)
    (about / "entry_points.txt").write_text(
        f"[reconciler.gates]\n{points}gone = our_gates:gone\nlost = no_such_module:f\n"
    )
    monkeypatch.syspath_prepend(str(folder))


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize(
    ("name", "state", "said"),
    [
        ("opens", Gate.open, "prod may"),
        ("silent", Gate.open, "the plugin has no objection"),
        ("fails", Gate.closed, "the gate itself failed, with RuntimeError"),
        ("leaves", Gate.closed, "the gate itself failed, with SystemExit"),
        ("lies", Gate.closed, "the gate lies gives a str where a GateResult belongs"),
        ("timeless", Gate.closed, "the gate timeless gives a time without a time zone"),
        ("gone", Gate.closed, "the gate itself failed, with AttributeError"),
        ("lost", Gate.closed, "the gate itself failed, with ModuleNotFoundError"),
        ("opnes", Gate.closed, "no package that is installed here brings the gate opnes"),
    ],
)
def test_a_plugin_is_a_gate_and_a_broken_one_is_closed(
    name: str, state: Gate, said: str, gated: Gated, ask: Ask
) -> None:
    results = judge(ask(gated(f"type: plugin, name: {name}", "type: alone")))
    assert [(r.name, r.state, r.evidence) for r in results[:1]] == [(name, state, said)]
    assert results[1].state is Gate.open


@pytest.mark.usefixtures("plugins")
def test_a_plugin_that_says_nothing_holds_up_nobody(
    gated: Gated, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.promotion.gates.plugins.SECONDS", 0.1)
    first, second = judge(ask(gated("type: plugin, name: waits", "type: alone")))
    assert (first.state, first.evidence) == (
        Gate.closed,
        "the gate waits says nothing within 0.1 s",
    )
    assert second.state is Gate.open


def test_the_gate_in_the_documentation_works(gated: Gated, ask: Ask) -> None:
    page = Path(__file__).parents[3] / "docs/how-to/gates.md"
    made: dict[str, Any] = {}
    exec(page.read_text().split("```python\n")[1].partition("```")[0], made)
    fleet = gated("type: alone")
    for more, state in (({}, Gate.waiting), ({"pull": pull(labels=("CHG-1",))}, Gate.open)):
        (found,) = made["ticket"](ask(fleet, **more))
        assert found.state is state


FREEZE = "type: freeze, from: 2026-11-16, to: 2026-11-20, reason: the fair"
WINDOWS = ("type: window, from: 09:00, to: 11:00", "type: window, from: 20:00, to: 21:00")


def test_one_window_is_enough_and_opens_when_no_freeze_holds(gated: Gated, ask: Ask) -> None:
    fleet = gated(*WINDOWS, FREEZE)
    window, freeze = judge(ask(fleet))
    assert (window.state, window.opens) == (Gate.waiting, NOW.replace(day=21, hour=9))
    assert (freeze.state, freeze.opens) == (Gate.waiting, NOW.replace(day=21, hour=0))
    assert "the fair" in freeze.evidence
    window, freeze = judge(ask(fleet, now=NOW.replace(day=22, hour=20)))
    assert (window.state, freeze.state) == (Gate.open, Gate.open)


def test_all_gates_are_open_when_the_last_is_and_a_window_is_open_then(
    gated: Gated, ask: Ask, at: At
) -> None:
    fleet = gated("type: soak, time: 24h", "type: window, from: 11:00, to: 13:00")
    at(NOW - timedelta(hours=1))
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    question = ask(fleet)
    results = judge(question)
    assert [r.state for r in results] == [Gate.waiting, Gate.open]
    assert earliest(question, results) == NOW.replace(day=19, hour=11)
    late = ask(fleet, now=NOW + timedelta(hours=3))
    assert earliest(late, judge(late)) == NOW.replace(day=19, hour=11)


def test_what_waits_for_somebody_has_no_time(gated: Gated, ask: Ask) -> None:
    question = ask(gated("type: approvals"))
    assert earliest(question, judge(question)) is None


def finding(severity: Severity) -> Finding:
    return Finding("a/rule", severity, "it is wrong", "mend it", "environments/prod/paw")


@pytest.mark.parametrize(
    ("findings", "state"),
    [
        (None, Gate.waiting),
        ([], Gate.open),
        ([finding(Severity.warning)], Gate.open),
        ([finding(Severity.warning), finding(Severity.error)], Gate.closed),
    ],
)
def test_findings_close_a_promotion_as_they_fail_a_check(
    findings: list[Finding] | None, state: Gate, gated: Gated, ask: Ask
) -> None:
    assert only(ask(gated("type: checks"), findings=findings), "checks").state is state


def test_what_could_not_be_checked_is_not_found_to_be_right(gated: Gated, ask: Ask) -> None:
    late = RenderTimeout("checking environments/prod/paw takes longer than 30 s")
    found = only(ask(gated("type: checks"), findings=[], unchecked=[("paw", late)]), "checks")
    assert (found.state, found.evidence, found.app) == (Gate.closed, late.what, "paw")


def test_a_secret_that_lacks_comes_with_what_seals_it(gated: Gated, ask: Ask) -> None:
    fleet = gated("type: secrets")
    command = "reconciler seal put prod/paw api"
    found = only(
        ask(fleet, lacks=[MissingSecret(AppName("paw"), "the secret api is missing", command)]),
        "secrets",
    )
    assert (found.state, found.hint, found.app) == (Gate.closed, command, "paw")
    assert only(ask(fleet, lacks=[]), "secrets").passes
    assert only(ask(fleet), "secrets").state is Gate.waiting


@pytest.mark.parametrize(
    ("others", "state"),
    [
        ([], Gate.open),
        ([pull(5, "promote/stage/prod/all")], Gate.waiting),
        ([pull(5, "rollback/prod/app/paw")], Gate.waiting),
        ([pull(9, "promote/stage/prod/all")], Gate.open),
        ([pull(5, "promote/stage/prod/all", draft=True)], Gate.open),
        ([pull(5, "promote/stage/prod/all", state=PullRequestState.merged)], Gate.open),
        ([pull(5, "promote/dev/stage/all"), pull(6, "my-branch")], Gate.open),
    ],
)
def test_promotions_to_one_environment_go_one_by_one_the_oldest_first(
    others: list[object], state: Gate, gated: Gated, ask: Ask
) -> None:
    question = ask(gated("type: alone"), pull=pull(), open_pulls=[*others, pull()])
    assert only(question, "alone").state is state


def test_a_region_waits_for_the_one_before_it(gated: Gated, ask: Ask) -> None:
    fleet = gated("type: previous, environments: [first]")
    first = "destination: {cluster: first}\npromotesFrom: stage\nrepositories: [x@y:z]\n"
    fleet.commit({"environments/first/environment.yaml": first})
    fleet.commit({"overlays/paw/first/kustomization.yaml": "resources: [../base]\n"})
    release = fleet.change(2)
    fleet.commit(entry("stage", release, "v2"))
    assert only(ask(fleet), "previous").evidence == "no other environment runs the app"
    fleet.commit(entry("first", fleet.first))
    found = only(ask(fleet), "previous")
    assert found.state is Gate.waiting
    assert found.hint == "reconciler promote stage first paw"
    fleet.commit(entry("first", release, "v2"))
    found = only(ask(fleet), "previous")
    assert found.state is Gate.open, found


@pytest.mark.parametrize(("there", "state"), [(0, Gate.waiting), (1, Gate.open)])
def test_of_several_overlays_each_is_looked_for_where_the_region_pins_it(
    there: int, state: Gate, gated: Gated, ask: Ask
) -> None:
    fleet = gated("type: previous, environments: [first]")
    first = f"destination: {{cluster: first}}\npromotesFrom: stage\nrepositories: [{URL}]\n"
    fleet.commit({"environments/first/environment.yaml": first})
    fleet.commit({"overlays/paw/first/kustomization.yaml": "resources: [../base]\n"})
    fleet.commit({"overlays/lib/kustomization.yaml": "resources: [service.yaml]\n"})
    refs = fleet.change(2), fleet.change(3)

    def two(environment: str, lib: str) -> dict[str, str]:
        text = f"resources:\n- {pin(environment, refs[1])}\n- {URL}//overlays/lib?ref={lib}\n"
        return {f"environments/{environment}/paw/kustomization.yaml": text}

    fleet.commit(two("prod", refs[0]), two("stage", refs[1]), two("first", refs[there]))
    assert only(ask(fleet), "previous").state is state


def result(name: str, state: Gate, app: str = "", opens: datetime | None = None) -> GateResult:
    return GateResult(name, state, "why " * 60, opens=opens, app=AppName(app))


def test_a_status_for_each_gate_says_the_worst() -> None:
    found = statuses_of(
        [
            result("soak", Gate.open, "a"),
            result("soak", Gate.waiting, "b", NOW),
            result("soak", Gate.waiting, "c", NOW),
            result("health", Gate.closed, "a"),
            GateResult("checks", Gate.overridden, "alice: a\nfix"),
        ]
    )
    assert [(s.context, s.verdict) for s in found] == [
        ("promotion/soak", StatusVerdict.pending),
        ("promotion/health", StatusVerdict.failure),
        ("promotion/checks", StatusVerdict.success),
    ]
    assert all(len(s.description) <= LONGEST for s in found)
    assert found[0].description.endswith("… (and 1 more); opens 2026-11-18 12:00 UTC")
    assert found[2].description == "overridden by alice: a\\nfix"


def test_many_apps_are_judged_each_for_itself(gated: Gated, ask: Ask, at: At) -> None:
    fleet = gated("type: soak, time: 24h")
    fleet.commit(overlay("dog", 1))
    first = fleet.repo.git("rev-parse", "HEAD")
    fleet.commit(*(entry(name, first, app="dog") for name in ("stage", "prod")))
    fleet.commit(entry("stage", first, "v2", app="dog"))
    at(NOW)
    fleet.commit(entry("stage", fleet.change(2), "v2"))
    assert {r.app: r.state for r in judge(ask(fleet))} == {"dog": Gate.open, "paw": Gate.waiting}
