"""Kinds that say how they are by conditions: those that are known, and all others by custom."""

from __future__ import annotations

from reconciler.cluster.status.state import (
    HEALTHY,
    SEEN_LATER,
    LiveObject,
    ObjectStatus,
    condition,
    degraded,
    is_behind,
    progressing,
    suspended,
)


def sealed_secret(o: LiveObject) -> ObjectStatus:
    return _by(o, "Synced", "the controller has not opened it yet")


def ready(o: LiveObject) -> ObjectStatus:
    """Kinds whose controller says False only of what does not come by itself."""
    return _by(o, "Ready", "its controller has not looked at it yet")


def certificate(o: LiveObject) -> ObjectStatus:
    issuing, usable = condition(o, "Issuing"), condition(o, "Ready")
    if usable and usable.is_true and not is_behind(o):
        return HEALTHY
    if issuing and issuing.is_true:
        return progressing(issuing.said)
    if issuing and issuing.reason == "Failed":
        return degraded(issuing.said)
    return progressing(usable.said if usable else "it has not been issued yet")


def scaled(o: LiveObject) -> ObjectStatus:
    paused = condition(o, "Paused")
    return suspended(paused.said or "it is paused") if paused and paused.is_true else ready(o)


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
    found = condition(o, "Ready")
    if found is None or found.is_true:
        return HEALTHY
    return progressing(found.said or "it is not ready")


def _by(o: LiveObject, kind: str, before: str) -> ObjectStatus:
    if is_behind(o):
        return progressing(SEEN_LATER)
    found = condition(o, kind)
    if found is None:
        return progressing(before)
    if found.is_true:
        return HEALTHY
    return degraded(found.said) if found.is_false else progressing(found.said)
