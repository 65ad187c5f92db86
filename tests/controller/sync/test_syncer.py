"""A real cluster made what Git says, and kept from what nobody meant."""

from __future__ import annotations

import json

import pytest

from reconciler.controller.sync.sync_plan import SyncStep
from reconciler.errors import ApiError, CheckFailed, ClusterError
from tests.controller.conftest import RealApp, config

BAD = config("b", **{"no key": "1"})
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
---
"""


def steps(app: RealApp) -> dict[str, str]:
    return {p.identity.name: p.step for p in app.plan().objects}


def test_it_is_created_changed_left_alone_and_deleted(real_app: RealApp) -> None:
    done = real_app.sync(config("a", k="1") + config("b", k="1") + DEPLOYMENT)
    assert real_app.outcomes(done) == {
        "ConfigMap a": "created",
        "ConfigMap b": "created",
        "Deployment web": "created",
    }
    assert real_app.sync() == []
    done = real_app.sync(config("a", k="2") + DEPLOYMENT)
    assert real_app.outcomes(done) == {"ConfigMap a": "changed", "ConfigMap b": "delete"}
    there = real_app.cluster.get("configmaps", "-l", f"reconciler.dev/app=prod.{real_app.name}")
    assert [item["data"] for item in there["items"]] == [{"k": "2"}]


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        (["scale", "deploy/web", "--replicas=3"], True),
        (["scale", "deploy/web", "--replicas=1"], False),
        (["set", "image", "deploy/web", "web=web:2"], True),
        (["label", "deploy/web", "mine=1"], False),
        (["annotate", "deploy/web", "mine=1"], False),
        (["set", "env", "deploy/web", "ADDED=1"], False),
        (["rollout", "restart", "deploy/web"], False),
        (["label", "deploy/web", "reconciler.dev/app-"], None),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_somebody_changed_of_ours_is_seen_and_set_back(
    real_app: RealApp, change: list[str], moved: bool | None
) -> None:
    real_app.sync(DEPLOYMENT)
    real_app.cluster.kubectl("-n", real_app.name, *change)
    expected = SyncStep.create if moved is None else SyncStep.change if moved else SyncStep.same
    (planned,) = real_app.plan().objects
    assert planned.step is expected
    if moved:
        assert planned.why == "somebody changed it in the cluster"
    real_app.sync()
    assert steps(real_app) == {"web": "same"}
    live = real_app.cluster.get("deploy/web")
    assert live["spec"]["replicas"] == 1
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "web:1"


def test_what_somebody_deleted_comes_back(real_app: RealApp) -> None:
    real_app.sync(config("a", k="1"))
    real_app.cluster.kubectl("-n", real_app.name, "delete", "configmap", "a")
    (planned,) = real_app.plan().objects
    assert (planned.step, planned.why) == (SyncStep.create, "it was deleted")
    assert real_app.outcomes(real_app.sync()) == {"ConfigMap a": "created"}


def test_a_bad_object_holds_up_no_other(real_app: RealApp) -> None:
    done = real_app.sync(config("a", k="1") + BAD + config("c", k="1"))
    assert real_app.outcomes(done) == {
        "ConfigMap a": "created",
        "ConfigMap c": "created",
        "ConfigMap b": "refused",
    }
    (refused,) = [d for d in done if not d.is_good]
    assert isinstance(refused.error, ApiError)
    assert refused.error.status == 422


def test_nothing_is_deleted_while_something_is_refused(real_app: RealApp) -> None:
    real_app.sync(config("old", k="1"))
    real_app.sync(BAD + config("new", k="1"))
    assert set(steps(real_app)) == {"old", "b", "new"}
    real_app.cluster.get("configmap", "old")
    assert real_app.outcomes(real_app.sync(config("new", k="1"))) == {"ConfigMap old": "delete"}


def test_a_later_wave_waits_for_an_earlier_one(real_app: RealApp) -> None:
    wave = "metadata: {{annotations: {{argocd.argoproj.io/sync-wave: '{}'}}, name: {}}}"
    first = BAD.replace("metadata: {name: b}", wave.format(-1, "b"))
    done = real_app.sync(first + config("a", k="1"))
    assert [d.waits_for for d in done if d.identity.name == "a"] == [f"ConfigMap {real_app.name}/b"]


def test_an_empty_folder_takes_nothing_away(real_app: RealApp) -> None:
    real_app.sync(config("a", k="1"))
    with pytest.raises(CheckFailed, match="nothing is wanted any more"):
        real_app.sync("")
    real_app.cluster.get("configmap", "a")


def test_many_are_deleted_only_if_that_is_said(real_app: RealApp) -> None:
    some = "".join(config(f"c{i}", k="1") for i in range(20))
    real_app.sync(some)
    with pytest.raises(CheckFailed, match="19 of 20 objects would be deleted"):
        real_app.sync(config("c0", k="1"))
    real_app.sync(all_may_go=True)
    assert list(steps(real_app)) == ["c0"]


def test_a_claim_outlives_its_line_in_git(real_app: RealApp) -> None:
    claim = (
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\nspec:\n"
        "  accessModes: [ReadWriteOnce]\n  resources: {requests: {storage: 1Gi}}\n---\n"
    )
    real_app.sync(claim + config("a", k="1"))
    real_app.sync(config("a", k="1"))
    assert steps(real_app) == {"a": "same", "data": "keep"}
    real_app.cluster.get("pvc", "data")


def test_a_definition_and_its_kind_come_together(real_app: RealApp) -> None:
    group = f"{real_app.name}.example.com"
    definition = f"""apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: things.{group}}}
spec:
  group: {group}
  names: {{kind: Thing, plural: things, singular: thing, listKind: ThingList}}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object}}}}}}}}
---
apiVersion: {group}/v1
kind: Thing
metadata: {{name: one}}
spec: {{}}
---
"""
    done = real_app.sync(definition)
    assert real_app.outcomes(done) == {
        f"CustomResourceDefinition things.{group}": "created",
        "Thing one": "created",
    }
    real_app.cluster.kubectl("delete", "crd", f"things.{group}")


def test_what_an_autoscaler_holds_is_left_to_it(real_app: RealApp) -> None:
    real_app.sync(DEPLOYMENT)
    patch = json.dumps({"spec": {"replicas": 4}})
    real_app.cluster.kubectl(
        *("-n", real_app.name, "patch", "deploy/web", "--type=merge", "-p", patch),
        "--field-manager=kube-controller-manager",
    )
    (done,) = real_app.sync()
    assert done.applied is not None
    assert [c.field for c in done.applied.left] == [".spec.replicas"]
    assert real_app.cluster.get("deploy/web")["spec"]["replicas"] == 4
    assert steps(real_app) == {"web": "same"}


def test_what_another_program_holds_is_named_and_not_taken(real_app: RealApp) -> None:
    real_app.sync(config("a", k="1"))
    patch = json.dumps({"data": {"k": "theirs"}})
    real_app.cluster.kubectl(
        *("-n", real_app.name, "patch", "configmap/a", "--type=merge", "-p", patch),
        "--field-manager=operator",
    )
    (done,) = real_app.sync()
    assert done.applied is not None
    assert [(c.manager, c.field) for c in done.applied.conflicts] == [("operator", ".data.k")]
    assert real_app.cluster.get("configmap/a")["data"] == {"k": "theirs"}


def test_another_repository_does_not_take_an_app_over(real_app: RealApp) -> None:
    real_app.sync(config("a", k="1"))
    real_app.repository = "https://git.example.org/somebody/else"
    with pytest.raises(ClusterError, match="is applied from elsewhere"):
        real_app.sync(config("a", k="2"))


def test_one_repository_may_be_called_in_several_ways(real_app: RealApp) -> None:
    """In the cluster by HTTPS, and on a laptop by SSH."""
    real_app.sync(config("a", k="1"))
    real_app.repository = "git@git.example.org:fleet/apps.git"
    assert real_app.outcomes(real_app.sync(config("a", k="2"))) == {"ConfigMap a": "changed"}


def test_nothing_is_left_of_what_is_uninstalled(real_app: RealApp) -> None:
    real_app.sync(config("a", k="1") + DEPLOYMENT)
    done = real_app.uninstall()
    assert real_app.outcomes(done) == {"ConfigMap a": "delete", "Deployment web": "delete"}
    assert f"inventory.prod.{real_app.name}" not in real_app.cluster.kubectl(
        "get", "configmaps", "-n", "reconciler-system", "-o", "name"
    )
