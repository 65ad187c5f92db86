"""Storage, network, autoscaling, and what extends the API."""

from __future__ import annotations

from reconciler.cluster.status.state import (
    HEALTHY,
    LiveObject,
    ObjectStatus,
    condition,
    degraded,
    progressing,
)
from reconciler.kubernetes.access import dig, items, text


def claim(o: LiveObject) -> ObjectStatus:
    phase = text(o, "status", "phase")
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
    for kind in ("AbleToScale", "ScalingActive"):
        found = condition(o, kind)
        # One whose target was scaled to nothing is off, and that is meant.
        if found and found.is_false and found.reason != "ScalingDisabled":
            return degraded(found.said)
    return HEALTHY if condition(o, "AbleToScale") else progressing("it has not looked yet")


def definition(o: LiveObject) -> ObjectStatus:
    names = condition(o, "NamesAccepted")
    if names and names.is_false:
        return degraded(names.said)
    there = condition(o, "Established")
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
    for parent in parents:
        for kind in ("Accepted", "ResolvedRefs"):
            found = condition({"status": parent}, kind)
            if found and found.is_false:
                return degraded(f"{text(parent, 'parentRef', 'name')}: {found.said}")
    return HEALTHY


def snapshot(o: LiveObject) -> ObjectStatus:
    error = text(o, "status", "error", "message")
    if error:
        return degraded(error)
    if dig(o, "status", "readyToUse") is True:
        return HEALTHY
    return progressing("it is not ready to use yet")
