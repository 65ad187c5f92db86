"""Alerts, dashboards and metrics of the reconciler in a cluster name what there really is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import yaml

from reconciler.controller.app_event import AppEvent, Happening
from reconciler.controller.reporting.app_report import AppReport, Standing
from reconciler.controller.reporting.run_metrics import SYNCS, RunMetrics
from tests.entries import entry_at_home
from tests.fleets.conftest import ROOT, Objects
from tests.fleets.test_alerts import alerts

COMPONENT = "overlays/reconciler/components/monitoring"
SERIES = re.compile(r"([a-z_]\w*)\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)(?:=~|!~|!=|=)"([^"]*)"')
OF_OTHERS = re.compile("up|kube_.*|container_.*")
OF_SCRAPES = {"job", "namespace", "pod"}
WEB = entry_at_home("edge", "web")


@pytest.fixture(scope="module")
def measured() -> Mapping[str, set[str]]:
    """Every series that there can be, with its labels."""
    report = AppReport(Standing.ready, "", "", 1, 1, (), is_well=True)
    metrics = RunMetrics("1", ["edge"], lambda: {WEB: report})
    metrics.happened(AppEvent(WEB, Happening.changed, {"by": "kubectl"}))
    metrics.happened(AppEvent(WEB, Happening.well, {"seconds": 1}))
    metrics.delivered("taken")
    families = metrics.registry.collect()
    return {sample.name: {*sample.labels} for family in families for sample in family.samples}


def dashboard(rendered: Callable[[str], Objects]) -> Any:
    [found] = [o for o in rendered(COMPONENT) if o["kind"] == "ConfigMap"]
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    [text] = found["data"].values()
    return json.loads(text)


def expressions(rendered: Callable[[str], Objects]) -> Iterator[str]:
    yield from (alert["expr"] for alert in alerts(rendered, "reconciler"))
    found = dashboard(rendered)
    yield from (target["expr"] for panel in found["panels"] for target in panel["targets"])
    for variable in found["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"]


def test_what_is_asked_for_is_measured(
    rendered: Callable[[str], Objects], measured: Mapping[str, set[str]]
) -> None:
    for expression in expressions(rendered):
        asked = SERIES.findall(expression)
        assert asked, expression
        for name, matchers in asked:
            if OF_OTHERS.fullmatch(name):
                continue
            assert name in measured, expression
            labels = {label for label, _ in MATCHER.findall(matchers)}
            assert labels <= measured[name] | OF_SCRAPES, expression


def test_what_is_told_apart_is_what_can_be_said(rendered: Callable[[str], Objects]) -> None:
    known: dict[str, set[str]] = {"reason": {*Standing}, "result": {w.reason for w in SYNCS}}
    named = [
        (label, value)
        for expression in expressions(rendered)
        for label, value in MATCHER.findall(expression)
        if label in known
    ]
    assert {label for label, _ in named} == known.keys()
    for label, value in named:
        assert set(value.split("|")) <= known[label]


def test_what_never_happened_is_counted_as_nothing() -> None:
    metrics = RunMetrics("1", ["edge"], dict)
    for what in SYNCS:
        labels = {"environment": "edge", "result": what.reason}
        assert metrics.registry.get_sample_value("reconciler_run_syncs_total", labels) == 0
    for name in ("rollbacks", "refused_objects"):
        name = f"reconciler_run_{name}_total"
        assert metrics.registry.get_sample_value(name, {"environment": "edge"}) == 0


def test_panels_do_not_lie_on_each_other(rendered: Callable[[str], Objects]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard(rendered)["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_kube_state_metrics_is_told_of_fields_that_there_are(
    rendered: Callable[[str], Objects],
) -> None:
    settings = yaml.safe_load((ROOT / COMPONENT / "kube-state-metrics.yaml").read_text())
    [resource] = settings["spec"]["resources"]
    kind = resource["groupVersionKind"]
    [definition] = [
        o["spec"]
        for o in rendered("overlays/reconciler/base")
        if o["kind"] == "CustomResourceDefinition" and o["spec"]["names"]["kind"] == kind["kind"]
    ]
    [version] = definition["versions"]
    assert (definition["group"], version["name"]) == (kind["group"], kind["version"])
    schema = version["schema"]["openAPIV3Schema"]
    for path in resource["labelsFromPath"].values():
        assert field(schema, path)["type"] == "string"
    for metric in resource["metrics"]:
        [source] = [value for value in metric["each"].values() if isinstance(value, dict)]
        inner = field(schema, source["path"])
        inner = inner.get("items", inner)
        for path in source.get("labelsFromPath", {}).values():
            assert field(inner, path)["type"] == "string"
        if "valueFrom" in source:
            value = field(inner, source["valueFrom"])
            assert value["type"] == "integer" or "True" in value["enum"]


def field(schema: Any, path: list[str]) -> Any:
    for name in path:
        schema = schema["properties"][name]
    return schema
