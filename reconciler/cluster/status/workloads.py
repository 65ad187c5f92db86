"""Deployments, StatefulSets, DaemonSets, ReplicaSets, pods and jobs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from reconciler.cluster.status.state import (
    HEALTHY,
    SEEN_LATER,
    LiveObject,
    ObjectStatus,
    condition,
    count_of,
    degraded,
    is_behind,
    progressing,
    suspended,
)
from reconciler.kubernetes.access import dig, items, number, text

# How the kubelet calls what a container waits for that does not come by itself.
STUCK = re.compile(r"Err.*|.*(Error|BackOff)|InvalidImageName|RegistryUnavailable")


def deployment(o: LiveObject) -> ObjectStatus:
    if is_behind(o) or dig(o, "status") is None:
        return progressing(SEEN_LATER)
    if dig(o, "spec", "paused") is True:
        return suspended("it is paused")
    going = condition(o, "Progressing")
    if going and going.is_false and going.reason == "ProgressDeadlineExceeded":
        return degraded(going.said)
    failure = condition(o, "ReplicaFailure")
    if failure and failure.is_true:
        return degraded(failure.said)
    wanted = _wanted(o)
    updated, all_ = count_of(o, "status", "updatedReplicas"), count_of(o, "status", "replicas")
    if updated < wanted:
        return progressing(f"{updated} of {wanted} replicas are of the new release")
    if all_ > updated:
        return progressing(f"{all_ - updated} replicas of the old release are still there")
    ready = count_of(o, "status", "availableReplicas")
    return _ready(ready, wanted)


def stateful_set(o: LiveObject) -> ObjectStatus:
    if is_behind(o) or dig(o, "status") is None:
        return progressing(SEEN_LATER)
    wanted, ready = _wanted(o), count_of(o, "status", "readyReplicas")
    if ready < wanted:
        return _ready(ready, wanted)
    if text(o, "spec", "updateStrategy", "type") == "OnDelete":
        return HEALTHY
    partition = number(o, "spec", "updateStrategy", "rollingUpdate", "partition") or 0
    updated = count_of(o, "status", "updatedReplicas")
    if updated < wanted - partition:
        return progressing(f"{updated} of {wanted - partition} replicas are of the new release")
    if not partition and text(o, "status", "updateRevision") != text(
        o, "status", "currentRevision"
    ):
        return progressing("the new release is not everywhere yet")
    return HEALTHY


def daemon_set(o: LiveObject) -> ObjectStatus:
    if is_behind(o) or dig(o, "status") is None:
        return progressing(SEEN_LATER)
    wanted = count_of(o, "status", "desiredNumberScheduled")
    updated = count_of(o, "status", "updatedNumberScheduled")
    if text(o, "spec", "updateStrategy", "type") != "OnDelete" and updated < wanted:
        return progressing(f"{updated} of {wanted} pods are of the new release")
    return _ready(count_of(o, "status", "numberAvailable"), wanted, "pods")


def replica_set(o: LiveObject) -> ObjectStatus:
    if is_behind(o):
        return progressing(SEEN_LATER)
    failure = condition(o, "ReplicaFailure")
    if failure and failure.is_true:
        return degraded(failure.said)
    return _ready(count_of(o, "status", "availableReplicas"), _wanted(o))


def pod(o: LiveObject) -> ObjectStatus:
    phase = text(o, "status", "phase")
    for list_ in ("initContainerStatuses", "containerStatuses"):
        for _, container in items(o, "status", list_):
            reason = text(container, "state", "waiting", "reason")
            if STUCK.fullmatch(reason):
                return degraded(f"{text(container, 'name')}: {reason}{_exit(container)}")
    if phase == "Succeeded":
        return HEALTHY
    if phase == "Failed":
        return degraded(text(o, "status", "message") or text(o, "status", "reason") or "it failed")
    placed = condition(o, "PodScheduled")
    if placed and placed.is_false:
        return (
            degraded(placed.said) if placed.reason == "Unschedulable" else progressing(placed.said)
        )
    ready = condition(o, "Ready")
    if ready and ready.is_true:
        return HEALTHY
    return progressing(ready.said if ready and ready.said else "it is not ready")


def rollout(o: LiveObject) -> ObjectStatus:
    """Of Argo Rollouts, which writes the generation that it has seen as text."""
    seen, phase = text(o, "status", "observedGeneration"), text(o, "status", "phase")
    if not phase or (seen.isdigit() and int(seen) < (number(o, "metadata", "generation") or 0)):
        return progressing(SEEN_LATER)
    said = text(o, "status", "message") or phase
    return ROLLOUT_PHASES.get(phase, progressing)(said)


def job(o: LiveObject) -> ObjectStatus:
    failed = condition(o, "Failed")
    if failed and failed.is_true:
        return degraded(failed.said)
    done = condition(o, "Complete")
    if done and done.is_true:
        return HEALTHY
    if dig(o, "spec", "suspend") is True:
        return suspended("it is suspended")
    return progressing(f"{count_of(o, 'status', 'active')} pods are at work")


def cron_job(o: LiveObject) -> ObjectStatus:
    return suspended("it is suspended") if dig(o, "spec", "suspend") is True else HEALTHY


ROLLOUT_PHASES: Mapping[str, Callable[[str], ObjectStatus]] = {
    "Healthy": lambda _: HEALTHY,
    "Paused": suspended,
    "Degraded": degraded,
}


def _wanted(o: LiveObject) -> int:
    found = number(o, "spec", "replicas")
    return 1 if found is None else found


def _ready(ready: int, wanted: int, what: str = "replicas") -> ObjectStatus:
    return HEALTHY if ready >= wanted else progressing(f"{ready} of {wanted} {what} are ready")


def _exit(container: LiveObject) -> str:
    code = number(container, "lastState", "terminated", "exitCode")
    restarts = number(container, "restartCount") or 0
    said = f", exit code {code}" if code is not None else ""
    return said + (f", {restarts} restarts" if restarts else "")
