"""What the comparisons with other tools say follows from what was seen."""

from __future__ import annotations

from typing import Any

from benchmarks.beside.adoption.live_app import LiveApp
from benchmarks.beside.adoption.versions import dropped, fields, names_and_marks
from benchmarks.beside.audit import ADMINISTRATOR, Write
from benchmarks.beside.judgement import Judge, Phase
from benchmarks.beside.sets import BrokenSet, Mending, Release, config_map, deployment
from benchmarks.beside.witness import Sight

BROKEN, MENDED = Phase(2, 100.0, 200.0), Phase(3, 200.0, 300.0)


def test_what_came_what_did_not_and_when() -> None:
    both = (config_map("good"), config_map("bad"))
    one = BrokenSet(
        "typo",
        "one is bad",
        (Release(both), Release(both, frozenset({"ConfigMap/bad"})), Release(both)),
        Mending.commit,
    )
    seen = {
        ("x-typo", "ConfigMap/good"): [
            Sight(1, "a", "1"),
            Sight(107, "a", "2"),
            Sight(203, "a", "3"),
        ],
        ("x-typo", "ConfigMap/bad"): [Sight(1, "b", "1"), Sight(209, "b", "3")],
    }
    assert Judge(seen, (), "x").cell(one, BROKEN, MENDED) == "1 of 1 in 7 s; mended: 2 of 2 in 9 s"
    assert Judge({}, (), "x").cell(one, BROKEN, MENDED) == "0 of 1; mended: 0 of 2"


def test_how_long_there_is_no_pod_while_a_deployment_is_replaced() -> None:
    one = BrokenSet(
        "renamed", "renamed", (Release((deployment("web"),)), Release((deployment("site"),)))
    )
    old, new = ("x-renamed", "Deployment/web"), ("x-renamed", "Deployment/site")
    seen = {
        old: [Sight(1, "a", "1", available=2), Sight(105)],
        new: [Sight(103, "b", "2"), Sight(125, "b", "2", available=2)],
    }
    said = Judge(seen, (), "x").cell(one, BROKEN, MENDED)
    assert said == "1 of 1 in 3 s; 1 of 1 deleted in 5 s; no pod for 20 s"
    kept = {**seen, old: [Sight(1, "a", "1", available=2), Sight(130)]}
    said = Judge(kept, (), "x").cell(one, BROKEN, MENDED)
    assert said.endswith("no pod for 0 s")


def test_that_an_object_was_deleted_meanwhile_is_told_though_it_is_there_again() -> None:
    both = config_map("both")
    one = BrokenSet("two", "shared", (Release(), Release((both,)), Release()), shares="one")
    seen = {("x-one", "ConfigMap/both"): [Sight(1, "a", "1", "v"), Sight(205, "b", "1", "v")]}
    writes = [
        Write("", ADMINISTRATOR, verb, "x-one", "configmaps", "both", "", 200, is_dry=is_dry)
        for verb, is_dry in (("patch", False), ("patch", True), ("delete", False))
    ]
    said = Judge(seen, writes, "x").cell(one, BROKEN, MENDED)
    assert "written 1 times; deleted 1 times; at last v" in said


def live(**more: Any) -> LiveApp:
    """A ConfigMap as a server shows it."""
    holder = {"manager": more.pop("manager", "helm"), "operation": "Apply", "fieldsV1": {}}
    metadata = {"uid": "a", "generation": 1, "managedFields": [holder], **more}
    return LiveApp({"ConfigMap/c": {**config_map("c"), "metadata": metadata}}, frozenset())


def test_marks_and_holders_are_told_apart_from_what_an_object_says() -> None:
    before, after = live(labels={"old": "1"}), live(labels={"new": "1"}, manager="ours")
    assert not [*before.changed(after)]
    assert [*before.changed(live(uid="b"))] == ["ConfigMap/c.metadata.uid: a → b"]
    assert "ConfigMap/c.data.k: v → None" in [*before.changed(LiveApp({}, frozenset()))]
    names = ["ConfigMap/c"]
    assert (before.marks(names), after.marks(names)) == ({"old"}, {"new"})
    assert (before.holders(names), after.holders(names)) == ({"helm (Apply)"}, {"ours (Apply)"})


def test_every_object_of_the_app_that_is_taken_over_loses_something() -> None:
    found = [*dropped()]
    assert {name for name, _ in found} == names_and_marks()[0]
    assert ("ConfigMap/old", "") in found
    assert ("Service/web", ".metadata.labels.team") in found
    assert ("Deployment/web", ".spec.template.spec.containers[web].env[B].value") in found
    assert fields({"a": [{"name": "x", "v": 1}, 2], "b": {}}) == {
        ".a[x].name": "x",
        ".a[x].v": 1,
        ".a[1]": 2,
        ".b": {},
    }
