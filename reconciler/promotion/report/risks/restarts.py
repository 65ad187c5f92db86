"""Pods that restart, and whether any of them goes on meanwhile."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from reconciler.checks.finding import Finding, Severity
from reconciler.kubernetes.access import dig, mapping, text
from reconciler.kubernetes.objects import Object
from reconciler.kubernetes.pods import Pods
from reconciler.kubernetes.selectors import Selector
from reconciler.promotion.report.risks.before_after import BeforeAfter, risk

LOOK = "merge it at an hour at which that does no harm"


def restarts(worlds: BeforeAfter) -> Iterator[Finding]:
    """A Service without any pod is worse than a workload without one."""
    stopped = {
        id(now.owner): now
        for was, now in worlds.pods()
        if was and was.template != now.template and at_once(now)
    }
    told = set()
    for service in worlds.after.of("Service", group=""):
        selector = mapping(service.data, "spec", "selector")
        behind = worlds.after.selected(service.namespace, Selector(selector)) if selector else []
        if behind and all(id(pods.owner) in stopped for pods in behind):
            told |= {id(pods.owner) for pods in behind}
            names = ", ".join(_name(pods.owner) for pods in behind)
            what = f"all pods behind it restart at the same time: {names}"
            yield risk("restart", Severity.warning, service, what, LOOK)
    for found, now in stopped.items():
        if found not in told:
            what = "all of its pods restart at the same time"
            yield risk("restart", Severity.note, now.owner, what, LOOK)


def at_once(pods: Pods) -> bool:
    """Does an update leave none of these pods running?"""
    owner, count = pods.owner, pods.replicas() or 0
    update = mapping(owner.data, "spec", "updateStrategy")
    if text(update, "type") == "OnDelete":
        return False
    most = dig(update, "rollingUpdate", "maxUnavailable")
    match owner.kind:
        case "DaemonSet":
            return bool(most == "100%")
        case "StatefulSet":
            return 0 < count <= max(1, _share(most, count, math.ceil, 1))
        case "Deployment":
            strategy = mapping(owner.data, "spec", "strategy")
            most = mapping(strategy, "rollingUpdate").get("maxUnavailable", "25%")
            recreates = text(strategy, "type") == "Recreate"
            return count > 0 and (recreates or _share(most, count, math.floor, 0) >= count)
    return False


def _share(value: Any, count: int, rounded: Any, otherwise: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.endswith("%") and value[:-1].isdigit():
        return int(rounded(count * int(value[:-1]) / 100))
    return otherwise


def _name(owner: Object) -> str:
    return f"{owner.kind} {owner.name}"
