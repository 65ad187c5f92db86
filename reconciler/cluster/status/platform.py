"""Storage, network, autoscaling, and what extends the API."""

from __future__ import annotations

import json

from reconciler.cluster.status.state import (
    HEALTHY,
    SEEN_LATER,
    SEVERITY,
    Condition,
    LiveObject,
    ObjectStatus,
    condition,
    degraded,
    progressing,
)
from reconciler.kubernetes.access import dig, items, number, text


def claim(o: LiveObject) -> ObjectStatus:
    phase = text(o, "status", "phase")
    for kind in ("ControllerResizeError", "NodeResizeError"):
        failed = condition(o, kind)
        if failed and failed.is_true:
            return degraded(failed.said)
    if phase == "Bound":
        return HEALTHY
    return (
        degraded("its volume is lost") if phase == "Lost" else progressing("it has no volume yet")
    )


def volume(o: LiveObject) -> ObjectStatus:
    if text(o, "status", "phase") == "Failed":
        return degraded(text(o, "status", "message") or "it failed")
    return HEALTHY


def service(o: LiveObject) -> ObjectStatus:
    if text(o, "spec", "type") != "LoadBalancer" or dig(o, "status", "loadBalancer", "ingress"):
        return HEALTHY
    return progressing("its load balancer has no address yet")


def ingress(o: LiveObject) -> ObjectStatus:
    if dig(o, "status", "loadBalancer", "ingress"):
        return HEALTHY
    return progressing("no controller has given it an address yet")


def autoscaler(o: LiveObject) -> ObjectStatus:
    o = _with_conditions(o)
    for kind in ("AbleToScale", "ScalingActive"):
        found = condition(o, kind)
        # One whose target was scaled to nothing is off, and that is meant.
        if found and found.is_false and found.reason != "ScalingDisabled":
            return degraded(found.said)
    return HEALTHY if condition(o, "AbleToScale") else progressing("it has not looked yet")


def _with_conditions(o: LiveObject) -> LiveObject:
    """autoscaling/v1 has no place for them but an annotation."""
    noted = text(o, "metadata", "annotations", "autoscaling.alpha.kubernetes.io/conditions")
    try:
        return {"status": {"conditions": json.loads(noted)}} if noted else o
    except ValueError:
        return o


def definition(o: LiveObject) -> ObjectStatus:
    names, there = condition(o, "NamesAccepted"), condition(o, "Established")
    if names and names.is_false:
        return degraded(names.said)
    if there and there.is_false and there.reason != "Installing":
        return degraded(there.said)
    return HEALTHY if there and there.is_true else progressing("it is not established yet")


def api_service(o: LiveObject) -> ObjectStatus:
    found = condition(o, "Available")
    if found and found.is_true:
        return HEALTHY
    return progressing(found.said if found else "it has not been asked yet")


def namespace(o: LiveObject) -> ObjectStatus:
    if text(o, "status", "phase") == "Terminating":
        return progressing("it is being deleted")
    return HEALTHY


def gateway(o: LiveObject) -> ObjectStatus:
    accepted, programmed = condition(o, "Accepted"), condition(o, "Programmed")
    if _is_older(o, accepted) or _is_older(o, programmed):
        return progressing(SEEN_LATER)
    if accepted and accepted.is_false:
        return degraded(accepted.said)
    if programmed and programmed.is_true:
        return HEALTHY
    return progressing(programmed.said if programmed else "no controller has taken it yet")


def route(o: LiveObject) -> ObjectStatus:
    """Each parent says whether it takes the route, and whether what it leads to is there."""
    parents = [parent for _, parent in items(o, "status", "parents")]
    if not parents:
        return progressing("no gateway has taken it yet")
    return max((_of_parent(o, parent) for parent in parents), key=lambda s: SEVERITY[s.state])


def _of_parent(o: LiveObject, parent: LiveObject) -> ObjectStatus:
    name = text(parent, "parentRef", "name")
    accepted, resolved = (
        condition({"status": parent}, kind) for kind in ("Accepted", "ResolvedRefs")
    )
    if _is_older(o, accepted) or _is_older(o, resolved):
        return progressing(f"{name}: {SEEN_LATER}")
    for found in (accepted, resolved):
        if found and found.is_false:
            return degraded(f"{name}: {found.said}")
    if accepted and accepted.is_true:
        return HEALTHY
    return progressing(f"{name}: {accepted.said if accepted else 'it has not taken it yet'}")


def _is_older(o: LiveObject, found: Condition | None) -> bool:
    """Is it of what was applied before? Gateways note that in each condition."""
    generation = number(o, "metadata", "generation")
    return bool(found and found.generation and generation and found.generation < generation)


def snapshot(o: LiveObject) -> ObjectStatus:
    error = text(o, "status", "error", "message")
    if error:
        return degraded(error)
    if dig(o, "status", "readyToUse") is True:
        return HEALTHY
    return progressing("it is not ready to use yet")
