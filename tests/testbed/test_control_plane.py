"""What a fleet needs of a cluster happens: by the real controllers, on simulated nodes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.testbed.plugin import Cluster

JOB = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "job"}]}


def pods(name: str, **annotations: str) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": name}, "annotations": annotations},
        "spec": {"containers": [{"name": "c", "image": f"{name}:1"}]},
    }


def stateful(name: str, storage_class: str | None = None) -> str:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    if storage_class:
        claim["storageClassName"] = storage_class
    return json.dumps(
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": name},
            "spec": {
                "serviceName": name,
                "replicas": 3,
                "podManagementPolicy": "Parallel",
                "selector": {"matchLabels": {"app": name}},
                "template": pods(name),
                "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
            },
        }
    )


def deployment(name: str, **annotations: str) -> str:
    return json.dumps(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": name}},
                "template": pods(name, **annotations),
            },
        }
    )


def test_a_stateful_set_with_volumes_becomes_ready_across_three_zones(cluster: Cluster) -> None:
    cluster.apply(stateful("db"))
    cluster.wait("jsonpath={.status.readyReplicas}=3", "statefulset/db")
    claims = cluster.get("pvc")["items"]
    assert [claim["status"]["phase"] for claim in claims] == ["Bound"] * 3
    nodes = json.loads(cluster.kubectl("get", "nodes", "-o", "json"))["items"]
    zones = {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}
    assert len(zones) == 3


def test_a_deployment_rolls_to_a_new_image(cluster: Cluster) -> None:
    cluster.apply(deployment("web"))
    cluster.kubectl("rollout", "status", "-n", cluster.namespace, "deploy/web", "--timeout=60s")
    cluster.kubectl("set", "image", "-n", cluster.namespace, "deploy/web", "c=web:2")
    cluster.kubectl("rollout", "status", "-n", cluster.namespace, "deploy/web", "--timeout=60s")
    running = cluster.get("pods", "-l", "app=web")["items"]
    live = [p for p in running if "deletionTimestamp" not in p["metadata"]]
    assert {p["status"]["containerStatuses"][0]["image"] for p in live} == {"web:2"}


@pytest.mark.parametrize(
    ("fault", "shown"),
    [("unready", "Running"), ("crash", "CrashLoopBackOff"), ("image", "ImagePullBackOff")],
)
def test_a_pod_can_be_told_to_be_ill(cluster: Cluster, fault: str, shown: str) -> None:
    cluster.apply(deployment("ill", **{"testbed/fault": fault}))
    cluster.wait("jsonpath={.status.replicas}=2", "deploy/ill")
    cluster.wait("jsonpath={.status.conditions[?(@.type=='Ready')].status}=False", "pod", "--all")
    assert shown in cluster.kubectl("get", "pods", "-n", cluster.namespace)
    assert "readyReplicas" not in cluster.get("deploy/ill")["status"]


def test_the_job_of_a_cron_job_completes_and_one_that_is_told_to_fails(cluster: Cluster) -> None:
    cron = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "backup"},
        "spec": {
            "schedule": "0 0 1 1 *",
            "jobTemplate": {"spec": {"template": {"spec": JOB}}},
        },
    }
    failing = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "failing"},
        "spec": {
            "backoffLimit": 0,
            "template": {"metadata": {"annotations": {"testbed/fault": "fail"}}, "spec": JOB},
        },
    }
    cluster.apply(json.dumps(cron))
    cluster.apply(json.dumps(failing))
    cluster.kubectl("create", "job", "now", "--from=cronjob/backup", "-n", cluster.namespace)
    cluster.wait("condition=Complete", "job/now")
    cluster.wait("condition=Failed", "job/failing")


def test_a_load_balancer_gets_an_address(cluster: Cluster) -> None:
    cluster.kubectl(
        "create", "service", "loadbalancer", "rpc", "--tcp=8545", "-n", cluster.namespace
    )
    cluster.wait("jsonpath={.status.loadBalancer.ingress[0].ip}", "service/rpc")


def test_an_autoscaler_says_why_it_has_no_metrics(cluster: Cluster) -> None:
    cluster.apply(deployment("web"))
    cluster.kubectl(
        "autoscale", "deploy/web", "--cpu=70%", "--min=1", "--max=3", "-n", cluster.namespace
    )
    cluster.wait("condition=ScalingActive=False", "hpa/web")
    assert "metrics.k8s.io" in json.dumps(cluster.get("hpa/web")["status"])


def test_an_autoscaler_signs_as_it_does_in_every_cluster(cluster: Cluster) -> None:
    cluster.apply(deployment("web"))
    cluster.kubectl(
        "autoscale", "deploy/web", "--cpu=70%", "--min=3", "--max=4", "-n", cluster.namespace
    )
    cluster.wait("jsonpath={.spec.replicas}=3", "deploy/web")
    signed = cluster.get("deploy/web", "--show-managed-fields")["metadata"]["managedFields"]
    scaled = [one["manager"] for one in signed if one.get("subresource") == "scale"]
    assert scaled == ["kube-controller-manager"]


def test_a_volume_of_a_class_that_retains_outlives_its_claim(cluster: Cluster) -> None:
    kind = f"retained-{cluster.namespace}"
    cluster.apply(
        json.dumps(
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": {"name": kind},
                "provisioner": "disks.example",
                "reclaimPolicy": "Retain",
            }
        )
    )
    cluster.apply(stateful("kept", kind))
    cluster.apply(stateful("dropped"))
    for name in ("kept", "dropped"):
        cluster.wait("jsonpath={.status.readyReplicas}=3", f"statefulset/{name}")
        cluster.kubectl("delete", "statefulset", name, "-n", cluster.namespace)
    cluster.kubectl("delete", "pods", "--all", "-n", cluster.namespace)
    cluster.kubectl("delete", "pvc", "--all", "-n", cluster.namespace, "--timeout=60s")
    volumes = json.loads(cluster.kubectl("get", "pv", "-o", "json"))["items"]
    ours = [v for v in volumes if v["spec"]["claimRef"]["namespace"] == cluster.namespace]
    kept = [v["metadata"]["name"] for v in ours if v["spec"]["storageClassName"] == kind]
    dropped = [v["metadata"]["name"] for v in ours if v["metadata"]["name"] not in kept]
    assert len(kept) == 3
    for name in dropped:
        cluster.kubectl("wait", "--for=delete", f"pv/{name}", "--timeout=60s")


def test_policies_budgets_and_quotas_are_accepted_and_the_quota_holds(cluster: Cluster) -> None:
    space = cluster.namespace
    cluster.apply(
        """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: most}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: usual}
spec: {limits: [{type: Container, default: {cpu: 100m}, defaultRequest: {cpu: 100m}}]}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: small}
spec: {hard: {requests.cpu: 150m}}
"""
    )
    cluster.wait("jsonpath={.status.hard}", "resourcequota/small")
    cluster.kubectl("run", "first", "--image=x", "-n", space)
    said = cluster.kubectl("run", "second", "--image=x", "-n", space, ok=False)
    assert "exceeded quota" in said


def test_a_namespace_that_is_restricted_refuses_a_privileged_pod(cluster: Cluster) -> None:
    space = cluster.namespace
    cluster.kubectl("label", "namespace", space, "pod-security.kubernetes.io/enforce=restricted")
    assert "restricted" in cluster.kubectl("run", "a", "--image=x", "-n", space, ok=False)


def test_an_object_that_a_policy_forbids_is_refused(cluster: Cluster) -> None:
    name = cluster.namespace
    policy = f"""
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: {name}}}
spec:
  matchConstraints:
    resourceRules:
      - {{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}}
  validations:
    - {{expression: "!object.metadata.name.startsWith('bad')", message: not this one}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: {name}}}
spec:
  policyName: {name}
  validationActions: [Deny]
  matchResources:
    namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {name}}}}}
"""
    cluster.kubectl("apply", "-f", "-", stdin=policy)
    for attempt in range(100):  # the policy is in force a moment after it is accepted
        bad = f"bad-{attempt}"
        command = ["create", "configmap", bad, "-n", name]
        if "not this one" in cluster.kubectl_says(*command):
            break
    else:
        pytest.fail("the policy is never in force")
    cluster.kubectl("create", "configmap", "good", "-n", name)


def test_permissions_are_those_of_the_roles(cluster: Cluster) -> None:
    space = cluster.namespace
    account = f"--as=system:serviceaccount:{space}:default"
    said = cluster.kubectl("get", "secrets", "-n", space, account, ok=False)
    assert "forbidden" in said
    cluster.kubectl("create", "role", "reader", "--verb=list", "--resource=secrets", "-n", space)
    cluster.kubectl(
        "create", "rolebinding", "reader", "--role=reader", f"--serviceaccount={space}:default",
        "-n", space,
    )  # fmt: skip
    cluster.kubectl("get", "secrets", "-n", space, account)


def test_a_token_of_a_service_account_is_accepted(cluster: Cluster) -> None:
    space = cluster.namespace
    token = cluster.kubectl("create", "token", "default", "-n", space).strip()
    review = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": token},
    }
    said = cluster.kubectl("create", "-f", "-", "-o", "json", stdin=json.dumps(review))
    assert json.loads(said)["status"]["user"]["username"].endswith(f"{space}:default")
