"""How objects are, by what is written of them: a case each."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from reconciler.cluster.status.rules import status_of_object

# ruff: noqa: E501
CASES = """
Deployment:
- {generation: 2, status: {observedGeneration: 1}, is: progressing, why: has not seen}
- {spec: {paused: true}, status: {observedGeneration: 1}, is: suspended, why: paused}
- spec: {replicas: 3}
  status: {replicas: 3, updatedReplicas: 1}
  is: progressing
  why: 1 of 3 replicas are of the new release
- spec: {replicas: 1}
  status: {replicas: 2, updatedReplicas: 1}
  is: progressing
  why: 1 replicas of the old release are still there
- spec: {replicas: 2}
  status: {replicas: 2, updatedReplicas: 2, availableReplicas: 1}
  is: progressing
  why: 1 of 2 replicas are ready
- spec: {replicas: 1}
  status: {replicas: 1, updatedReplicas: 1, availableReplicas: 1}
  is: healthy
- {spec: {replicas: 0}, status: {observedGeneration: 1}, is: healthy}
- status:
    conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: m}]
  is: degraded
  why: m
- {status: {conditions: [{type: ReplicaFailure, status: "True", message: quota}]}, is: degraded, why: quota}
StatefulSet:
- {spec: {replicas: 2}, status: {readyReplicas: 1}, is: progressing, why: 1 of 2}
- spec: {replicas: 1}
  status: {readyReplicas: 1, updatedReplicas: 1, updateRevision: b, currentRevision: a}
  is: progressing
  why: new release
- spec: {replicas: 1}
  status: {readyReplicas: 1, updatedReplicas: 1, updateRevision: a, currentRevision: a}
  is: healthy
- spec: {replicas: 3, updateStrategy: {rollingUpdate: {partition: 2}}}
  status: {readyReplicas: 3, updatedReplicas: 1, updateRevision: b, currentRevision: a}
  is: healthy
- spec: {replicas: 3, updateStrategy: {type: OnDelete}}
  status: {readyReplicas: 3, updateRevision: b, currentRevision: a}
  is: healthy
DaemonSet:
- {status: {desiredNumberScheduled: 2, updatedNumberScheduled: 1}, is: progressing, why: 1 of 2}
- status: {desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2}
  is: healthy
- {status: {desiredNumberScheduled: 0}, is: healthy}
Pod:
- status: {phase: Running, containerStatuses: [{name: web, restartCount: 5,
    state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1}}}]}
  is: degraded
  why: "web: CrashLoopBackOff, exit code 1, 5 restarts"
- status: {phase: Pending, initContainerStatuses: [{name: i, state: {waiting: {reason: ErrImagePull}}}]}
  is: degraded
  why: "i: ErrImagePull"
- {status: {phase: Succeeded}, is: healthy}
- {status: {phase: Failed, reason: Evicted}, is: degraded, why: Evicted}
- status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: no node}]}
  is: degraded
  why: no node
- {status: {phase: Running, conditions: [{type: Ready, status: "True"}]}, is: healthy}
- {status: {phase: Running, conditions: [{type: Ready, status: "False", message: m}]}, is: progressing, why: m}
Job:
- {status: {active: 1}, is: progressing, why: 1 pods are at work}
- {status: {conditions: [{type: Complete, status: "True"}]}, is: healthy}
- {status: {conditions: [{type: Failed, status: "True", message: m}]}, is: degraded, why: m}
- {spec: {suspend: true}, is: suspended}
CronJob:
- {spec: {suspend: true}, is: suspended}
- {is: healthy}
PersistentVolumeClaim:
- {status: {phase: Bound}, is: healthy}
- {status: {phase: Pending}, is: progressing}
- {status: {phase: Lost}, is: degraded}
Service:
- {spec: {type: ClusterIP}, is: healthy}
- {spec: {type: LoadBalancer}, is: progressing}
- {spec: {type: LoadBalancer}, status: {loadBalancer: {ingress: [{ip: 10.0.0.1}]}}, is: healthy}
Ingress:
- {is: progressing}
- {status: {loadBalancer: {ingress: [{hostname: h}]}}, is: healthy}
HorizontalPodAutoscaler:
- {is: progressing}
- {status: {conditions: [{type: AbleToScale, status: "True"}]}, is: healthy}
- status: {conditions: [{type: ScalingActive, status: "False", reason: FailedGetScale, message: m}]}
  is: degraded
  why: m
- status: {conditions: [{type: AbleToScale, status: "True"},
    {type: ScalingActive, status: "False", reason: ScalingDisabled}]}
  is: healthy
CustomResourceDefinition:
- {is: progressing}
- {status: {conditions: [{type: Established, status: "True"}]}, is: healthy}
- {status: {conditions: [{type: NamesAccepted, status: "False", message: m}]}, is: degraded, why: m}
Namespace:
- {status: {phase: Active}, is: healthy}
- {status: {phase: Terminating}, is: progressing}
SealedSecret:
- {is: progressing, why: not opened}
- {status: {conditions: [{type: Synced, status: "True"}]}, is: healthy}
- {status: {conditions: [{type: Synced, status: "False", message: no key}]}, is: degraded, why: no key}
ExternalSecret:
- {status: {conditions: [{type: Ready, status: "False", message: m}]}, is: degraded, why: m}
- {status: {conditions: [{type: Ready, status: "True"}]}, is: healthy}
Certificate:
- {is: progressing}
- {status: {conditions: [{type: Ready, status: "True"}]}, is: healthy}
- {status: {conditions: [{type: Issuing, status: "True", message: m}]}, is: progressing, why: m}
- {status: {conditions: [{type: Issuing, status: "False", reason: Failed, message: m}]}, is: degraded, why: m}
Gateway:
- {is: progressing}
- {status: {conditions: [{type: Programmed, status: "True"}]}, is: healthy}
- {status: {conditions: [{type: Accepted, status: "False", message: m}]}, is: degraded, why: m}
HTTPRoute:
- {is: progressing}
- {status: {parents: [{conditions: [{type: Accepted, status: "True"}]}]}, is: healthy}
- status: {parents: [{parentRef: {name: edge}, conditions: [{type: ResolvedRefs, status: "False", message: m}]}]}
  is: degraded
  why: "edge: m"
VolumeSnapshot:
- {is: progressing}
- {status: {readyToUse: true}, is: healthy}
- {status: {error: {message: m}}, is: degraded, why: m}
ScaledObject:
- {status: {conditions: [{type: Ready, status: "True"}]}, is: healthy}
ConfigMap:
- {status: {conditions: [{type: Ready, status: "False"}]}, is: healthy}
Thing:
- {is: healthy}
- {generation: 3, status: {observedGeneration: 2}, is: progressing}
- {status: {conditions: [{type: Ready, status: "False", message: m}]}, is: progressing, why: m}
- {status: {conditions: [{type: Ready, status: "True"}]}, is: healthy}
- {status: {conditions: [{type: Stalled, status: "True", message: m}]}, is: degraded, why: m}
- {status: {conditions: [{type: Reconciling, status: "True", message: m}]}, is: progressing, why: m}
- {deleted: true, is: progressing, why: being deleted}
"""
GROUPS = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet"), "apps/v1"),
    **dict.fromkeys(("Job", "CronJob"), "batch/v1"),
    **dict.fromkeys(("Gateway", "HTTPRoute"), "gateway.networking.k8s.io/v1"),
    "Ingress": "networking.k8s.io/v1",
    "HorizontalPodAutoscaler": "autoscaling/v2",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1",
    "SealedSecret": "bitnami.com/v1alpha1",
    "ExternalSecret": "external-secrets.io/v1",
    "Certificate": "cert-manager.io/v1",
    "VolumeSnapshot": "snapshot.storage.k8s.io/v1",
    "ScaledObject": "keda.sh/v1alpha1",
    "Thing": "example.com/v1",
}


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        pytest.param(kind, case, id=f"{kind}-{number}")
        for kind, cases in yaml.safe_load(CASES).items()
        for number, case in enumerate(cases)
    ],
)
def test_an_object_is_as_its_controller_says(kind: str, case: dict[str, Any]) -> None:
    metadata: dict[str, Any] = {"name": "x", "generation": case.get("generation", 1)}
    if case.get("deleted"):
        metadata["deletionTimestamp"] = "2026-11-30T22:00:00Z"
    o = {"apiVersion": GROUPS.get(kind, "v1"), "kind": kind, "metadata": metadata}
    found = status_of_object(o | {k: v for k, v in case.items() if k in ("spec", "status")})
    assert found.state == case["is"]
    assert case.get("why", "") in found.reason
