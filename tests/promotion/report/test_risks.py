"""What could go wrong is told from the objects as they are rendered."""

from __future__ import annotations

import pytest

from reconciler.checks.finding import Severity
from reconciler.kubernetes.identity import Identity
from reconciler.promotion.report.body_parts import risks_part
from reconciler.promotion.report.inspection import Inspection
from reconciler.promotion.report.risks.before_after import risk_of
from tests.promotion.report.conftest import Inspect

NOTHING = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: nothing}\n---\n"
RBAC = "apiVersion: rbac.authorization.k8s.io/v1\n"


def obj(kind: str, fields: str = "", version: str = "v1", name: str = "paw", meta: str = "") -> str:
    head = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}{meta}}}\n"
    return f"{head}{fields}\n---\n"


def workload(
    fields: str = "replicas: 2",
    container: str = "image: 'paw:v1'",
    spec: str = "",
    kind: str = "Deployment",
    labels: str = "app: paw",
    name: str = "paw",
) -> str:
    return f"""apiVersion: apps/v1
kind: {kind}
metadata: {{name: {name}}}
spec:
  {fields}
  selector: {{matchLabels: {{{labels}}}}}
  template:
    metadata: {{labels: {{{labels}}}}}
    spec:
      {spec}
      containers: [{{name: paw, {container}}}]
---
"""


def stateful(fields: str, container: str = "image: 'paw:v1'") -> str:
    return workload(f"serviceName: paw\n  {fields}", container, kind="StatefulSet")


def claim(size: str = "1Gi", more: str = "") -> str:
    fields = f"spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: {size}}}}}"
    return obj("PersistentVolumeClaim", f"{fields}{more}}}")


def templates(size: str) -> str:
    spec = f"{{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: {size}}}}}}}"
    return f"volumeClaimTemplates: [{{metadata: {{name: data}}, spec: {spec}}}]"


def role(rules: str, kind: str = "Role") -> str:
    return f"{RBAC}kind: {kind}\nmetadata: {{name: paw}}\nrules: [{rules}]\n---\n"


def binding(subject: str, role: str = "view", kind: str = "RoleBinding") -> str:
    return (
        f"{RBAC}kind: {kind}\nmetadata: {{name: paw}}\nsubjects: [{{kind: ServiceAccount, "
        f"namespace: paw, name: {subject}}}]\n"
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {role}}}\n---\n"
    )


def rule(verbs: str, resources: str = "pods") -> str:
    return f"{{apiGroups: [''], resources: [{resources}], verbs: [{verbs}]}}"


def definition(*versions: str) -> str:
    """Each as v1, or as v1+ if it is stored."""
    schema = "schema: {openAPIV3Schema: {type: object}}"
    listed = ", ".join(
        f"{{name: {v.strip('+')}, served: true, storage: {str('+' in v).lower()}, {schema}}}"
        for v in versions
    )
    return (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: paws.example.org}\nspec: {group: example.org, scope: Namespaced, "
        f"names: {{kind: Paw, plural: paws}}, versions: [{listed}]}}\n---\n"
    )


def quota(hard: str) -> str:
    return obj("ResourceQuota", f"spec: {{hard: {{{hard}}}}}")


def asks(cpu: str, memory: str = "1Gi") -> str:
    return f"image: 'paw:v1', resources: {{requests: {{cpu: {cpu}, memory: {memory}}}}}"


SERVICE = obj("Service", "spec: {selector: {app: paw}, ports: [{port: 80}]}")
SECURE = "securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true}"
HPA = "spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: paw}, maxReplicas: 9"

# Before, after, and of each risk its name, its severity and a part of what it says.
CASES = {
    "nothing": (workload(), workload(), []),
    "volume templates": (
        stateful(templates("1Gi")), stateful(templates("2Gi")),
        [("recreate", "error", "spec.volumeClaimTemplates cannot change in place")],
    ),
    "service name": (
        stateful("replicas: 2"), stateful("replicas: 2").replace("serviceName: paw", "serviceName: p"),
        [("recreate", "error", "spec.serviceName")],
    ),
    "selector": (
        workload(), workload(labels="app: paw, a: b"),
        [("recreate", "error", "spec.selector")],
    ),
    "daemon selector": (
        workload("", kind="DaemonSet"), workload("", kind="DaemonSet", labels="app: paw, a: b"),
        [("recreate", "error", "spec.selector")],
    ),
    "job": (
        obj("Job", "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: 'a@sha256:1'}]}}}", "batch/v1"),
        obj("Job", "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: 'a@sha256:2'}]}}}", "batch/v1"),
        [("recreate", "error", "spec.template")],
    ),
    "cluster address": (
        obj("Service", "spec: {clusterIP: 10.0.0.1, ports: [{port: 1}]}"),
        obj("Service", "spec: {clusterIP: 10.0.0.2, ports: [{port: 1}]}"),
        [("recreate", "error", "spec.clusterIP")],
    ),
    "immutable configuration": (
        obj("ConfigMap", "immutable: true\ndata: {a: b}"), obj("ConfigMap", "immutable: true\ndata: {a: c}"),
        [("recreate", "error", "data cannot change")],
    ),
    "storage class": (
        obj("StorageClass", "provisioner: p\nparameters: {a: b}", "storage.k8s.io/v1"),
        obj("StorageClass", "provisioner: p\nparameters: {a: c}", "storage.k8s.io/v1"),
        [("recreate", "error", "parameters")],
    ),
    "class of a claim": (
        claim(more=", storageClassName: a"), claim(more=", storageClassName: b"),
        [("recreate", "error", "its data go with it")],
    ),
    "claim grows": (claim("1Gi"), claim("2Gi"), [("storage", "note", "from 1Gi to 2Gi")]),
    "claim shrinks": (claim("2Gi"), claim("1Gi"), [("storage", "error", "it shrinks")]),
    "claim respelled": (claim("1Gi"), claim("1024Mi"), []),
    "claim removed": (claim(), NOTHING, [("removed", "error", "what is stored in it")]),
    "definition removed": (definition("v1+"), NOTHING, [("removed", "error", "every object of its kind")]),
    "namespace removed": (obj("Namespace"), NOTHING, [("removed", "error", "everything in it")]),
    "workload removed": (workload(), NOTHING, [("removed", "warning", "its pods stop")]),
    "account removed": (obj("ServiceAccount"), NOTHING, [("removed", "note", "it is removed")]),
    "claim that stays": (
        obj("PersistentVolumeClaim", "spec: {}", meta=", annotations: {argocd.argoproj.io/sync-options: Prune=false}"), NOTHING,
        [("removed", "note", "stays in the cluster")],
    ),
    "fewer replicas": (workload("replicas: 3"), workload("replicas: 2"), [("replicas", "warning", "from 3 to 2 pods")]),
    "no replicas": (workload("replicas: 1"), workload("replicas: 0"), [("replicas", "error", "it stops")]),
    "more replicas": (workload("replicas: 1"), workload("replicas: 2"), []),
    "scaled by another": (
        workload("replicas: 3") + obj("HorizontalPodAutoscaler", HPA + "}", "autoscaling/v2"),
        workload("replicas: 2") + obj("HorizontalPodAutoscaler", HPA + "}", "autoscaling/v2"),
        [],
    ),
    "scaler's least": (
        workload("") + obj("HorizontalPodAutoscaler", HPA + ", minReplicas: 3}", "autoscaling/v2"),
        workload("") + obj("HorizontalPodAutoscaler", HPA + "}", "autoscaling/v2"),
        [("replicas", "warning", "from 3 to 1 pods at the least")],
    ),
    "a new verb": (role(rule("get")), role(rule("get, delete")), [("access", "warning", "it now allows more: delete pods")]),
    "a new resource": (role(rule("get")), role(rule("get", "pods, secrets")), [("access", "error", "get secrets")]),
    "everything": (role(rule("get")), role(rule("'*'", "'*'")), [("access", "error", "* *")]),
    "of everything less": (role(rule("'*'", "'*'")), role(rule("get")), []),
    "in the cluster": (
        role(rule("get"), "ClusterRole"), role(rule("get, watch"), "ClusterRole"),
        [("access", "warning", "more in the whole cluster: watch pods")],
    ),
    "a new subject": (binding("a"), binding("b"), [("access", "warning", "new holder of ClusterRole view: ServiceAccount paw/b")]),
    "a new binding": (NOTHING, NOTHING + binding("a"), [("access", "warning", "new holder of")]),
    "administrator": (
        NOTHING, NOTHING + binding("a", "cluster-admin", "ClusterRoleBinding"),
        [("access", "error", "ClusterRole cluster-admin in the whole cluster")],
    ),
    "another role": (binding("a"), binding("a", "edit"), [("recreate", "error", "roleRef")]),
    "privileged": (
        workload(), workload(container="image: 'paw:v1', securityContext: {privileged: true}"),
        [("privilege", "error", "new: it is privileged")],
    ),
    "node's network": (workload(), workload(spec="hostNetwork: true"), [("privilege", "error", "hostNetwork")]),
    "node's files": (
        workload(), workload(spec="volumes: [{name: a, hostPath: {path: /etc}}]"),
        [("privilege", "error", "reads /etc of its node")],
    ),
    "capability": (
        workload(), workload(container="image: 'paw:v1', securityContext: {capabilities: {add: [NET_RAW]}}"),
        [("privilege", "warning", "has the capability NET_RAW")],
    ),
    "root": (
        workload(container=f"image: 'paw:v1', {SECURE}"), workload(container="image: 'paw:v1', securityContext: {runAsUser: 0}"),
        [("privilege", "warning", "may gain privileges"), ("privilege", "warning", "runs as root")],
    ),
    "new and secure": (NOTHING, NOTHING + workload(container=f"image: 'paw@sha256:1', {SECURE}"), []),
    "beyond the quota": (
        quota("requests.cpu: '3', pods: 9") + workload(container=asks("1")),
        quota("requests.cpu: '3', pods: 9") + workload(container=asks("2")),
        [("quota", "error", "requests.cpu: 2 become 4 of 3")],
    ),
    "near the quota": (
        quota("requests.memory: 4Gi") + workload(container=asks("1", "1Gi")),
        quota("requests.memory: 4Gi") + workload(container=asks("1", "2000Mi")),
        [("quota", "warning", "requests.memory: 2Gi become 3.91Gi of 4Gi")],
    ),
    "within the quota": (
        quota("cpu: '9'") + workload(container=asks("100m")), quota("cpu: '9'") + workload(container=asks("150m")),
        [("quota", "note", "cpu: 200m become 300m of 9")],
    ),
    "latest": (workload(), workload(container="image: paw:latest"), [("image", "warning", "whatever was pushed last")]),
    "no tag": (workload(), workload(container="image: 'h:5000/paw'"), [("image", "warning", "whatever was pushed last")]),
    "no digest": (workload(), workload(container="image: 'paw:v2'"), [("image", "note", "paw:v2 has no digest")]),
    "digest": (workload(), workload(container="image: 'paw:v2@sha256:1'"), []),
    "one pod alone": (stateful("replicas: 1"), stateful("replicas: 1", "image: 'paw@sha256:1'"), [("restart", "note", "all of its pods")]),
    "one after the other": (stateful("replicas: 2"), stateful("replicas: 2", "image: 'paw@sha256:1'"), []),
    "by hand": (
        stateful("updateStrategy: {type: OnDelete}"), stateful("updateStrategy: {type: OnDelete}", "image: 'paw@sha256:1'"),
        [],
    ),
    "all behind a Service": (
        SERVICE + workload("strategy: {type: Recreate}"),
        SERVICE + workload("strategy: {type: Recreate}", "image: 'paw@sha256:1'"),
        [("restart", "warning", "all pods behind it restart at the same time: Deployment paw")],
    ),
    "half behind a Service": (
        SERVICE + stateful("replicas: 1") + workload(name="other"),
        SERVICE + stateful("replicas: 1", "image: 'paw@sha256:1'") + workload(name="other"),
        [("restart", "note", "all of its pods")],
    ),
    "rolling": (
        workload("replicas: 4\n  strategy: {rollingUpdate: {maxUnavailable: 100%}}"),
        workload("replicas: 4\n  strategy: {rollingUpdate: {maxUnavailable: 100%}}", "image: 'paw@sha256:1'"),
        [("restart", "note", "all of its pods")],
    ),
    "version gone": (
        definition("v1alpha1", "v1+"), definition("v1+"), [("definition", "error", "v1alpha1 is no longer served")],
    ),
    "stored otherwise": (
        definition("v1+", "v2"), definition("v1", "v2+"), [("definition", "warning", "stored as v2")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_risk_is_told_and_what_is_none_is_not(name: str, inspect: Inspect) -> None:
    before, after, expected = CASES[name]
    _, found = inspect(before, after)
    assert not found.failed
    got = [(f.rule.removeprefix("risk/"), f.severity.value, f.what) for f in found.risks]
    assert len(got) == len(expected), got
    for (rule_name, severity, what), (a, b, part) in zip(got, expected, strict=True):
        assert (rule_name, severity) == (a, b)
        assert part in what


def test_the_worst_comes_first_and_each_says_what_to_do(inspect: Inspect) -> None:
    before = workload() + claim("2Gi")
    after = workload(container="image: paw") + claim("1Gi")
    _, found = inspect(before, after)
    assert [f.severity.value for f in found.risks] == ["error", "warning"]
    assert all(f.hint and f.object for f in found.risks)


def test_broken_objects_are_no_obstacle(inspect: Inspect) -> None:
    before = role("{verbs: 3}") + workload("replicas: x")
    after = role("null, {verbs: [get], resources: {a: b}}") + workload(
        "replicas: [1]", spec="hostNetwork: [1]"
    )
    _, found = inspect(before, after)
    assert not found.failed


def lines_of(inspect: Inspect, before: str, after: str) -> list[str]:
    """The bullets of the report, without their markup."""
    plan, found = inspect(before, after)
    text = risks_part(plan, found, 50).replace("<code>", "").replace("</code>", "")
    return [line for line in text.splitlines() if line.startswith("- ")]


def test_one_cause_is_one_line_however_many_restart(inspect: Inspect) -> None:
    names = [f"paw-{number}" for number in range(12)]

    def all_of(image: str) -> str:
        recreates = "replicas: 1\n  strategy: {type: Recreate}"
        return "".join(
            workload(recreates, f"image: 'paw@sha256:{image}'", name=name, labels=f"app: {name}")
            for name in names
        )

    (line,) = lines_of(inspect, all_of("1"), all_of("2"))
    assert line.startswith("- good to know: paw Deployment ")
    assert all(f"/{name}" in line for name in names)
    assert line.count("all of its pods restart at the same time") == 1
    assert line.count("To do") == 1


def test_what_is_said_of_each_stays_beside_it(inspect: Inspect) -> None:
    images = ("cat:latest", "dog:latest")
    after = "".join(workload(container=f"image: {i}", name=i[:3], labels=f"a: {i}") for i in images)
    (line,) = lines_of(
        inspect,
        NOTHING,
        NOTHING + after.replace("a: cat:latest", "a: c").replace("a: dog:latest", "a: d"),
    )
    for image in images:
        said = line.partition(f"/{image[:3]}: ")[2].partition("; ")[0]
        assert image.replace(":", "&#58;") in said
    assert line.count("To do") == 1


def test_images_without_a_digest_are_told_once_and_last(inspect: Inspect) -> None:
    images = ("cat:v1", "dog:v2")
    after = "".join(
        workload("strategy: {type: Recreate}", f"image: {i}", name=i[:3], labels=f"a: {i[:3]}")
        for i in images
    )
    before = after.replace("cat:v1", "cat:v0").replace("dog:v2", "dog:v0")
    first, last = lines_of(inspect, before, after)
    assert "restart at the same time" in first
    assert last.startswith("- good to know: cat&#58;v1, dog&#58;v2 have no digests, so their tags")
    assert last.count("To do") == 1


def test_what_is_serious_has_a_line_of_its_own(inspect: Inspect) -> None:
    lines = lines_of(inspect, claim() + obj("Namespace", name="n"), NOTHING)
    assert ["serious" in line for line in lines] == [True, True]


@pytest.mark.parametrize(("objects", "most", "left"), [(12, 50, 0), (13, 50, 1), (7, 5, 2)])
def test_a_long_list_says_how_many_are_left_out(
    objects: int, most: int, left: int, inspect: Inspect
) -> None:
    plan, _ = inspect(NOTHING, NOTHING + claim())
    risks = tuple(
        risk_of(
            *("restart", Severity.note, f"environments/prod/app-{number}"),
            *(Identity("apps", "Deployment", "default", "web"), "it restarts", "wait"),
        )
        for number in range(objects)
    )
    text = risks_part(plan, Inspection(risks=risks), most)
    assert text.count("<code>app-") == objects - left
    assert (f" and {left} more: it restarts" in text) is bool(left)
