"""reconciler events: what a real cluster tells of an app."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.controller.inspection.events import joined, read_cluster_event
from tests.cli.conftest import Run
from tests.cli.test_tree import OBJECTS, Look
from tests.cli.test_tree import app as app
from tests.cli.test_tree import apply as apply
from tests.cli.test_tree import look as look
from tests.conftest import Repo
from tests.testbed.plugin import Cluster

OBJECT = {"apiVersion": "v1", "kind": "Pod", "namespace": "a", "name": "p", "uid": "u"}
EVENT = {"type": "Warning", "reason": "BackOff", "metadata": {"name": "e", "namespace": "a"}}


def test_events_are_of_the_app_and_of_what_it_made(
    apply: Callable[[str], int], look: Look, app: str, cluster: Cluster
) -> None:
    apply(OBJECTS)
    cluster.kubectl("-n", app, "run", "stranger", "--image=other:1")
    cluster.kubectl("-n", app, "create", "-f", "-", stdin=manifest(app, "odd", "2099"))
    cluster.kubectl("-n", app, "create", "-f", "-", stdin=manifest(app, "old", "2020"))
    code, shown, _ = look("events")
    assert code == 0
    assert "ScalingReplicaSet" in shown
    assert "Pod web-" in shown
    assert "stranger" not in shown
    last = shown.splitlines()[-1]
    assert last.split()[2:] == ["Warning", "odd", "x3", "Deployment", "web", "a\\x1b[31m", "b"]
    found = json.loads(look("events", "-o", "json")[1])["events"]
    assert (found[-1]["count"], found[-1]["kind"]) == (3, "Deployment")
    assert "old" in shown
    recent = look("events", "--since", "10m")[1]
    assert ("old" in recent, "odd" in recent) == (False, True)


def manifest(app: str, name: str, year: str) -> str:
    return f"""apiVersion: v1
kind: Event
metadata: {{name: {name}, namespace: {app}}}
involvedObject: {{apiVersion: apps/v1, kind: Deployment, namespace: {app}, name: web}}
type: Warning
reason: {name}
message: "a\\e[31m\\nb"
count: 3
lastTimestamp: {year}-01-01T00:00:00Z
"""


@pytest.mark.parametrize(
    "event",
    [
        {
            "involvedObject": OBJECT,
            "message": "m",
            "count": 4,
            "firstTimestamp": "2026-11-30T10:00:00Z",
            "lastTimestamp": "2026-11-30T11:00:00Z",
            "source": {"component": "kubelet"},
        },
        {
            "regarding": OBJECT,
            "note": "m",
            "deprecatedCount": 4,
            "deprecatedFirstTimestamp": "2026-11-30T10:00:00Z",
            "deprecatedLastTimestamp": "2026-11-30T11:00:00Z",
            "reportingController": "kubelet",
        },
        {
            "regarding": OBJECT,
            "note": "m",
            "eventTime": "2026-11-30T10:00:00.000000Z",
            "series": {"count": 4, "lastObservedTime": "2026-11-30T11:00:00.000000Z"},
            "reportingController": "kubelet",
        },
    ],
)
def test_both_kinds_of_events_say_the_same(event: dict[str, Any]) -> None:
    found = read_cluster_event({**EVENT, **event})
    assert (str(found.identity), found.message, found.count) == ("Pod a/p", "m", 4)
    assert (found.first.hour, found.last.hour, found.source) == (10, 11, "kubelet")
    (twice,) = joined([found, found])
    assert twice.count == 8


def test_whoever_may_not_read_events_is_told_so(
    apply: Callable[[str], int],
    look: Look,
    app: str,
    restricted: list[str],
    cluster: Cluster,
) -> None:
    apply(OBJECTS)
    cluster.kubectl("-n", app, "delete", "rolebinding", f"{app}-viewer")
    code, shown, _ = look("events", options=restricted)
    assert (code, f"no right to list Event (v1) in {app}\n" in shown) == (0, True)


def test_a_namespace_that_is_gone_has_no_events(
    apply: Callable[[str], int], look: Look, app: str, repo: Repo, typed: Run, cluster: Cluster
) -> None:
    apply(OBJECTS)
    cluster.kubectl("delete", "namespace", app)
    try:
        assert look("events") == (0, f"prod/{app}: no events\n", "")
        assert look("tree")[1].count("missing") == 4
        assert "4 of 4 objects drifted" in look("drift")[1]
    finally:
        cluster.kubectl("create", "namespace", app)
