"""Kinds that say how they are by conditions: those that are known, and all others by custom."""

from __future__ import annotations

from reconciler.cluster.status.state import (
    HEALTHY,
    LiveObject,
    ObjectStatus,
    condition,
    degraded,
    is_behind,
    progressing,
)
from reconciler.cluster.status.workloads import SEEN_LATER


def sealed_secret(o: LiveObject) -> ObjectStatus:
    return _by(o, "Synced", "the controller has not opened it yet")


def external_secret(o: LiveObject) -> ObjectStatus:
    return _by(o, "Ready", "it has not been fetched yet")


def certificate(o: LiveObject) -> ObjectStatus:
    issuing, ready = condition(o, "Issuing"), condition(o, "Ready")
    if ready and ready.is_true and not is_behind(o):
        return HEALTHY
    if issuing and issuing.is_true:
        return progressing(issuing.said)
    if issuing and issuing.reason == "Failed":
        return degraded(issuing.said)
    return progressing(ready.said if ready else "it has not been issued yet")


def scaled_object(o: LiveObject) -> ObjectStatus:
    return _by(o, "Ready", "it has not been looked at yet")


def by_custom(o: LiveObject) -> ObjectStatus:
    """What kstatus reads of any kind; one that says nothing of itself is well."""
    if is_behind(o):
        return progressing(SEEN_LATER)
    stalled = condition(o, "Stalled")
    if stalled and stalled.is_true:
        return degraded(stalled.said)
    going = condition(o, "Reconciling")
    if going and going.is_true:
        return progressing(going.said)
    ready = condition(o, "Ready")
    if ready is None or ready.is_true:
        return HEALTHY
    return progressing(ready.said or "it is not ready")


def _by(o: LiveObject, kind: str, before: str) -> ObjectStatus:
    if is_behind(o):
        return progressing(SEEN_LATER)
    found = condition(o, kind)
    if found is None:
        return progressing(before)
    if found.is_true:
        return HEALTHY
    return degraded(found.said) if found.is_false else progressing(found.said)
