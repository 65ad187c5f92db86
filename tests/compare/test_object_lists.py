"""Which object became which."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.compare.difference import ChangeKind, path_text
from reconciler.compare.object_lists import compare
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.structure import Structure


def config(name: str, namespace: str = "shop", **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def user(name: str, config: str, namespace: str = "shop") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"volumes": [{"name": "v", "configMap": {"name": config}}]},
    }


OLD, NEW = "settings-2456789bcd", "settings-hkmtgfdcb9"


def test_a_hash_in_a_name_is_told_once_and_not_in_each_object_that_has_it(
    structure: Structure,
) -> None:
    before = [config(OLD, a="1"), user("x", OLD), user("y", OLD)]
    after = [config(NEW, a="2"), user("x", NEW), user("y", NEW)]
    found = compare(before, after, structure)
    (rename,) = found.renames
    assert (rename.before, rename.after) == (OLD, NEW)
    assert [u.name for u in rename.used_by] == ["x", "y"]
    assert [c.kind for c in found.objects] == ["changed", "follows", "follows"]
    assert found.counts().changed == 1


def test_two_objects_with_one_base_name_are_not_guessed_at(structure: Structure) -> None:
    before = [config(OLD)]
    after = [config(NEW), config("settings-99999ggggg")]
    found = compare(before, after, structure)
    assert not found.renames
    assert (found.counts().added, found.counts().removed) == (2, 1)


@pytest.mark.parametrize("name", ["settings-production", "settings-0000000000", "settings-12345"])
def test_a_name_that_only_looks_like_it_has_no_hash(structure: Structure, name: str) -> None:
    assert not compare([config(OLD)], [config(name)], structure).renames


def test_a_reference_that_went_elsewhere_is_a_change(structure: Structure) -> None:
    before = [config(OLD, a="1"), user("x", OLD)]
    after = [config(NEW, a="2"), user("x", "others")]
    (_, pod) = compare(before, after, structure).objects
    assert [(c.before, c.after) for c in pod.changes] == [(OLD, "others")]


def test_two_environments_are_compared_as_if_in_one_namespace(structure: Structure) -> None:
    before = [config("a", "stage", env="stage"), user("x", "a", "stage")]
    after = [config("a", "prod", env="prod"), user("x", "a", "prod")]
    found = compare(before, after, structure, {"stage": "prod"})
    (one, other) = found.objects
    assert [path_text(c.path) for c in one.changes] == ["data.env"]
    assert (one.kind, other.kind) == ("changed", "follows")
    assert [(r.before, r.after) for r in found.renames] == [("stage", "prod")]


def test_environments_that_differ_in_the_namespace_alone_do_not_differ(
    structure: Structure,
) -> None:
    before, after = ([user("x", "a", namespace)] for namespace in ("stage", "prod"))
    found = compare(before, after, structure, {"stage": "prod"})
    assert found.objects
    assert not found


def test_the_namespace_itself_is_the_same_one_in_two_environments(structure: Structure) -> None:
    before, after = (
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in ("shop-stage", "shop-prod")
    )
    found = compare([before], [after], structure, {"shop-stage": "shop-prod"})
    assert [c.kind for c in found.objects] == ["follows"]
    assert found.counts() == compare([], [], structure).counts()


def test_within_one_environment_another_namespace_means_another_object(
    structure: Structure,
) -> None:
    counts = compare([config("a", "stage")], [config("a", "prod")], structure).counts()
    assert (counts.added, counts.changed, counts.removed) == (1, 0, 1)


def test_a_kind_that_moved_to_another_group_is_another_object(structure: Structure) -> None:
    before = {"apiVersion": "extensions/v1beta1", "kind": "Ingress", "metadata": {"name": "a"}}
    after = {**before, "apiVersion": "networking.k8s.io/v1"}
    found = compare([before], [after], structure)
    assert {c.identity for c in found.objects} == {
        Identity("extensions", "Ingress", "", "a"),
        Identity("networking.k8s.io", "Ingress", "", "a"),
    }


def test_objects_with_one_identity_are_told_apart_by_their_order(structure: Structure) -> None:
    before = [config("a", x="1"), config("a", x="2")]
    after = [config("a", x="1"), config("a", x="3")]
    (change,) = compare(before, after, structure).objects
    assert [(c.before, c.after) for c in change.changes] == [("2", "3")]


@pytest.mark.parametrize(
    "strange",
    [
        {},
        {"kind": None},
        {"metadata": []},
        {"metadata": {"name": 1}},
        {"kind": "Secret", "data": 1},
    ],
)
def test_an_object_that_is_none_is_no_error(structure: Structure, strange: dict[str, Any]) -> None:
    assert compare([], [strange], structure).counts().added == 1
    assert not compare([strange], [strange], structure)


def pod(**container: Any) -> dict[str, Any]:
    containers = [{"name": "web", **container}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {"containers": containers},
    }


@pytest.mark.parametrize(
    ("before", "after", "kinds"),
    [
        ({"args": ["a", "b"]}, {"args": ["b", "a"]}, ["reordered"]),
        ({"args": ["a", "b"]}, {"args": ["b", "a", "c"]}, ["added", "reordered"]),
        ({"args": ["a", "a"]}, {"args": ["a"]}, ["removed"]),
        (
            {"ports": [{"containerPort": 1}]},
            {"ports": [{"containerPort": 1, "protocol": "TCP"}]},
            ["added"],
        ),
        (
            {"ports": [{"containerPort": 1, "name": "x"}]},
            {"ports": [{"containerPort": 2, "name": "x"}]},
            ["changed"],
        ),
        (
            {"ports": [{"containerPort": 1}, {"containerPort": 1}]},
            {"ports": [{"containerPort": 1}]},
            ["removed"],
        ),
        (
            {"resources": {"limits": {"cpu": "1"}}},
            {"resources": {"limits": {"cpu": 1}}},
            ["respelled"],
        ),
        ({"tty": "1"}, {"tty": 1}, ["changed"]),
        ({"image": 1}, {"image": True}, ["changed"]),
    ],
)
def test_lists_and_values_change_in_these_ways(
    structure: Structure, before: dict[str, Any], after: dict[str, Any], kinds: list[str]
) -> None:
    (change,) = compare([pod(**before)], [pod(**after)], structure).objects
    assert [ChangeKind(c.kind).value for c in change.changes] == kinds


def test_what_the_schema_does_not_have_in_this_version_it_has_in_another(
    structure: Structure,
) -> None:
    assert structure.of("autoscaling/v2", "HorizontalPodAutoscaler").type
    assert structure.of("apps/v7", "Deployment") == structure.of("apps/v1", "Deployment")
    assert not structure.of("example.com/v1", "Deployment").known
