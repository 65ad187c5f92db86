"""What an object's annotations make otherwise, in a real cluster."""

from __future__ import annotations

import json

import pytest

from tests.controller.conftest import RealApp, annotated, config

APPROVED = "argocd.argoproj.io/deletion-approved=2026-11-30T12:00:00Z"
OTHER = config("other", k="1")


def there(app: RealApp, kind: str = "configmaps") -> set[str]:
    found = app.cluster.get(kind, "-l", f"reconciler.dev/app=prod.{app.name}")
    return {item["metadata"]["name"] for item in found["items"]}


def why(app: RealApp, name: str) -> tuple[str, str]:
    (planned,) = [p for p in app.plan().objects if p.identity.name == name]
    return planned.step, planned.why


@pytest.mark.parametrize(
    ("annotation", "says"),
    [
        ({"ARGO__sync_options": "Prune=false"}, "argocd.argoproj.io/sync-options: Prune=false"),
        ({"FLUX__prune": "disabled"}, "kustomize.toolkit.fluxcd.io/prune: disabled"),
        ({"HELM__resource_policy": "keep"}, "helm.sh/resource-policy: keep"),
        ({"OURS__prune": "disabled"}, "reconciler.dev/prune: disabled"),
        (
            {"ARGO__compare_options": "IgnoreExtraneous"},
            "argocd.argoproj.io/compare-options: IgnoreExtraneous",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_says_so_in_the_cluster_is_not_pruned(
    real_app: RealApp, annotation: dict[str, str], says: str
) -> None:
    real_app.sync(annotated(config("a", k="1"), **annotation) + OTHER)
    real_app.manifests = OTHER
    assert why(real_app, "a") == ("keep", f"it says {says}")
    real_app.sync()
    assert there(real_app) == {"a", "other"}
    assert real_app.lines()["ConfigMap a"] == "kept"
    real_app.cluster.kubectl("-n", real_app.name, "annotate", "cm/a", f"{says.split(':')[0]}-")
    real_app.sync()
    assert there(real_app) == {"other"}


def test_what_has_to_be_confirmed_is_deleted_once_somebody_does(real_app: RealApp) -> None:
    real_app.sync(annotated(config("a", k="1"), ARGO__sync_options="Prune=confirm") + OTHER)
    assert real_app.sync(OTHER) == []
    assert real_app.lines()["ConfigMap a"] == "asked"
    assert "deletion-approved" in why(real_app, "a")[1]
    real_app.cluster.kubectl("-n", real_app.name, "annotate", "cm/a", APPROVED)
    assert real_app.outcomes(real_app.sync()) == {"ConfigMap a": "delete"}
    assert there(real_app) == {"other"}


def test_what_stays_when_an_app_goes_may_be_pruned_and_otherwise(real_app: RealApp) -> None:
    delete_no = annotated(config("stays", k="1"), ARGO__sync_options="Delete=false")
    confirm = annotated(config("asks", k="1"), OURS__prune="confirm")
    real_app.sync(delete_no + confirm + OTHER)
    assert real_app.outcomes(real_app.uninstall()) == {"ConfigMap other": "delete"}
    assert there(real_app) == {"stays", "asks"}
    assert real_app.lines() == {"ConfigMap stays": "kept", "ConfigMap asks": "asked"}
    real_app.cluster.kubectl("-n", real_app.name, "annotate", "cm/asks", APPROVED)
    real_app.uninstall()
    assert there(real_app) == {"stays"}
    names = real_app.cluster.kubectl("get", "cm", "-n", "reconciler-system", "-o", "name")
    assert f"inventory.prod.{real_app.name}" not in names.split()


@pytest.mark.parametrize("annotation", [{"FLUX__reconcile": "disabled"}, {"FLUX__ssa": "Ignore"}])
def test_what_is_to_be_left_alone_is_neither_applied_nor_pruned(
    real_app: RealApp, annotation: dict[str, str]
) -> None:
    real_app.sync(config("a", k="1") + OTHER)
    real_app.sync(annotated(config("a", k="2"), **annotation) + OTHER)
    assert real_app.cluster.get("cm/a")["data"] == {"k": "1"}
    assert why(real_app, "a")[0] == "skip"
    real_app.sync(OTHER)
    assert there(real_app) == {"a", "other"}


def test_what_somebody_marks_in_the_cluster_is_left_alone(real_app: RealApp) -> None:
    real_app.sync(config("a", k="1"))
    mark = "kustomize.toolkit.fluxcd.io/reconcile"
    real_app.cluster.kubectl("-n", real_app.name, "annotate", "cm/a", f"{mark}=disabled")
    assert real_app.sync(config("a", k="2")) == []
    assert why(real_app, "a") == ("skip", f"in the cluster it says {mark}: disabled")
    real_app.cluster.kubectl("-n", real_app.name, "annotate", "cm/a", f"{mark}-")
    real_app.sync()
    assert real_app.cluster.get("cm/a")["data"] == {"k": "2"}


def test_what_is_applied_once_is_never_changed_and_comes_back(real_app: RealApp) -> None:
    once = {"FLUX__ssa": "IfNotPresent"}
    real_app.cluster.apply(config("theirs", k="theirs"))
    both = annotated(config("a", k="1"), **once) + annotated(config("theirs", k="1"), **once)
    assert real_app.outcomes(real_app.sync(both)) == {"ConfigMap a": "created"}
    assert real_app.cluster.get("cm/theirs")["data"] == {"k": "theirs"}
    assert set(real_app.lines()) == {"ConfigMap a"}
    assert real_app.sync(both.replace("'1'", "'2'")) == []
    assert real_app.cluster.get("cm/a")["data"] == {"k": "1"}
    real_app.cluster.kubectl("-n", real_app.name, "delete", "cm", "a")
    real_app.sync()
    assert real_app.cluster.get("cm/a")["data"] == {"k": "2"}


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [({"FLUX__ssa": "Override"}, "2"), ({"OURS__conflicts": "leave"}, "theirs"), ({}, "theirs")],
)
def test_whose_field_it_is_may_be_said_by_the_object(
    real_app: RealApp, annotation: dict[str, str], expected: str
) -> None:
    manifest = config("a", k="1", l="1")
    real_app.sync(annotated(manifest, **annotation) if annotation else manifest)
    real_app.cluster.kubectl(
        *("-n", real_app.name, "patch", "cm/a", "--type=merge", "--field-manager=operator"),
        *("-p", json.dumps({"data": {"k": "theirs"}})),
    )
    manifest = config("a", k="2", l="2")
    (done,) = real_app.sync(annotated(manifest, **annotation) if annotation else manifest)
    assert done.is_good == bool(annotation)
    data = {"k": expected, "l": "2" if annotation else "1"}
    assert real_app.cluster.get("cm/a")["data"] == data


PODS = """apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}, annotations: {testbed/fault: FAULT}}
    spec: {containers: [{name: web, image: "web:1"}]}
---
"""


def deployment(name: str, fault: str = "none") -> str:
    return PODS.replace("NAME", name).replace("FAULT", fault)


def test_a_later_wave_waits_until_the_earlier_is_well(real_app: RealApp) -> None:
    real_app.sync(deployment("first") + annotated(config("second", k="1"), ARGO__sync_wave="1"))
    assert [d.identity.name for d in real_app.told] == ["first", "second"]
    begun = real_app.cluster.get("deploy/first")["status"]
    assert begun["availableReplicas"] == 1
    conditions = {c["type"]: c["lastTransitionTime"] for c in begun["conditions"]}
    made = real_app.cluster.get("cm/second")["metadata"]["creationTimestamp"]
    assert conditions["Available"] <= made


def test_a_later_wave_does_not_begin_while_the_earlier_is_broken(real_app: RealApp) -> None:
    manifests = deployment("first", "crash") + annotated(
        config("second", k="1"), ARGO__sync_wave="1"
    )
    done = real_app.sync(manifests)
    (waits,) = [d.waits_for for d in done if d.identity.name == "second"]
    assert "first" in waits
    assert "degraded" in waits
    assert there(real_app) == set()
    (again,) = real_app.sync()
    assert again.waits_for == waits
    done = real_app.sync(annotated(manifests, ARGO__ignore_healthcheck="true"))
    assert real_app.outcomes(done) == {"Deployment first": "changed", "ConfigMap second": "created"}


def test_the_last_wave_goes_first(real_app: RealApp) -> None:
    second = annotated(config("second", k="1"), ARGO__sync_wave="5")
    last = annotated(config("last", k="1"), ARGO__sync_options="PruneLast=true")
    real_app.sync(last + config("first", k="1") + second + OTHER)
    real_app.sync(OTHER)
    assert [d.identity.name for d in real_app.told] == ["second", "first", "last"]


def test_what_is_pruned_last_waits_until_all_is_well(real_app: RealApp) -> None:
    last = annotated(config("last", k="1"), ARGO__sync_options="PruneLast=true")
    real_app.sync(last + OTHER)
    done = real_app.sync(deployment("web", "crash") + OTHER)
    assert [d.identity.name for d in done if d.waits_for] == ["last"]
    assert there(real_app) == {"last", "other"}
    real_app.sync(deployment("web") + OTHER)
    assert there(real_app) == {"other"}
