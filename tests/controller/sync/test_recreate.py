"""Objects with fields that cannot be changed, in a real cluster."""

from __future__ import annotations

import pytest

from tests.controller.conftest import RealApp, annotated

JOB = """apiVersion: batch/v1
kind: Job
metadata: {name: migrate}
spec:
  template:
    spec: {restartPolicy: Never, containers: [{name: run, image: "IMAGE"}]}
---
"""
STATEFUL_SET = """apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: SERVICE
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, image: "db:1"}]}
---
"""
ROLES = """apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reads}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ROLE}
subjects: [{kind: ServiceAccount, name: default}]
---
"""
FROZEN = """apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
immutable: true
data: {k: "VALUE"}
---
"""
SECRET = """apiVersion: v1
kind: Secret
metadata: {name: token}
type: TYPE
stringData: {k: hidden-value}
---
"""
CLAIM = """apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  storageClassName: CLASS
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
---
"""
CASES = [
    (JOB, "IMAGE", "run:1", "run:2", "job/migrate", "spec.template"),
    (STATEFUL_SET, "SERVICE", "one", "two", "sts/db", "spec.serviceName"),
    (ROLES, "ROLE", "view", "edit", "rolebinding/reads", "roleRef"),
    (FROZEN, "VALUE", "1", "2", "cm/settings", "data"),
    (SECRET, "TYPE", "Opaque", "example.com/other", "secret/token", "type"),
]


def uid(app: RealApp, name: str) -> str:
    return str(app.cluster.get(name)["metadata"]["uid"])


@pytest.mark.parametrize(
    ("manifest", "word", "before", "after", "name", "field"), CASES, ids=lambda v: v[:20]
)
def test_it_is_refused_with_its_field_or_made_anew_where_that_is_allowed(
    real_app: RealApp, manifest: str, word: str, before: str, after: str, name: str, field: str
) -> None:
    real_app.sync(manifest.replace(word, before))
    first = uid(real_app, name)
    (refused,) = real_app.sync(manifest.replace(word, after))
    assert refused.error is not None
    lines = refused.error.lines()
    assert lines[0].endswith(f"cannot be changed in {field}")
    assert "reconcile.recreate" in lines[-1]
    assert "hidden-value" not in "".join(lines)
    (told,) = real_app.preview().refused
    assert told[1].lines()[0] == lines[0]
    assert uid(real_app, name) == first

    allowed = annotated(manifest.replace(word, after), FLUX__force="enabled")
    real_app.manifests = allowed
    found = real_app.preview()
    assert [str(identity.name) for identity in found.anew] == [refused.identity.name]
    assert "hidden-value" not in repr(found)
    (done,) = real_app.sync()
    assert done.result == "recreated"
    assert uid(real_app, name) != first
    assert real_app.sync() == []


@pytest.mark.parametrize("glob", ["Job", "Job/migr*", "*"])
def test_an_environment_may_allow_it(real_app: RealApp, glob: str) -> None:
    real_app.settings = f"reconcile:\n  recreate: ['{glob}']\n"
    real_app.sync(JOB.replace("IMAGE", "run:1"))
    (done,) = real_app.sync(JOB.replace("IMAGE", "run:2"))
    assert done.result == "recreated"


@pytest.mark.parametrize("glob", ["Deployment", "Job/other", "job"])
def test_what_the_environment_does_not_name_is_refused(real_app: RealApp, glob: str) -> None:
    real_app.settings = f"reconcile:\n  recreate: ['{glob}']\n"
    real_app.sync(JOB.replace("IMAGE", "run:1"))
    (done,) = real_app.sync(JOB.replace("IMAGE", "run:2"))
    assert done.result == "refused"


def test_the_pods_of_a_stateful_set_go_on(real_app: RealApp) -> None:
    manifest = annotated(STATEFUL_SET, ARGO__sync_options="Replace=true,Force=true")
    real_app.sync(manifest.replace("SERVICE", "one"))
    real_app.cluster.wait("condition=Ready", "pod/db-0")
    pod = uid(real_app, "pod/db-0")
    (done,) = real_app.sync(manifest.replace("SERVICE", "two"))
    assert done.result == "recreated"
    real_app.cluster.wait("jsonpath={.status.readyReplicas}=1", "sts/db")
    assert uid(real_app, "pod/db-0") == pod


def test_a_claim_is_never_made_anew(real_app: RealApp) -> None:
    real_app.settings = "reconcile:\n  recreate: ['*']\n"
    claim = annotated(CLAIM, FLUX__force="enabled")
    real_app.sync(claim.replace("CLASS", "one"))
    first = uid(real_app, "pvc/data")
    (done,) = real_app.sync(claim.replace("CLASS", "two"))
    assert done.error is not None
    assert "never deleted" in done.error.hint
    assert uid(real_app, "pvc/data") == first


def test_what_is_not_of_this_app_is_not_deleted(real_app: RealApp) -> None:
    real_app.cluster.apply(JOB.replace("IMAGE", "run:1"))
    first = uid(real_app, "job/migrate")
    (done,) = real_app.sync(annotated(JOB.replace("IMAGE", "run:2"), OURS__conflicts="take"))
    assert done.result == "refused"
    assert uid(real_app, "job/migrate") == first


def test_another_fault_beside_it_deletes_nothing(real_app: RealApp) -> None:
    forced = annotated(JOB, FLUX__force="enabled")
    real_app.sync(forced.replace("IMAGE", "run:1"))
    first = uid(real_app, "job/migrate")
    broken = forced.replace("IMAGE", "run:2").replace("Never", "Sometimes")
    (done,) = real_app.sync(broken)
    assert done.result == "refused"
    assert uid(real_app, "job/migrate") == first
