"""What the Prometheus operator's monitors select."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.checks.world import World
from reconciler.kubernetes.access import dig, items, text
from reconciler.kubernetes.objects import Object
from reconciler.kubernetes.pods import Pods
from reconciler.kubernetes.selectors import Selector, selector_of


@dataclass(frozen=True, slots=True)
class Monitor:
    """A ServiceMonitor or PodMonitor with what it selects, and the names of their ports."""

    object: Object
    selector: Selector
    endpoints: str
    targets: tuple[Object | Pods, ...]
    ports: frozenset[str]


def monitored(world: World) -> Iterator[Monitor]:
    for o in world.of("ServiceMonitor", group="monitoring.coreos.com"):
        selector = selector_of(o.get("spec", "selector"))
        services = tuple(
            s
            for s in world.of("Service", group="")
            if _covers(o, s.namespace) and selector.matches(s.labels)
        )
        ports = {text(p, "name") for s in services for _, p in items(s.data, "spec", "ports")}
        yield Monitor(o, selector, "endpoints", services, frozenset(ports))
    for o in world.of("PodMonitor", group="monitoring.coreos.com"):
        selector = selector_of(o.get("spec", "selector"))
        pods = tuple(
            p for p in world.pods if _covers(o, p.owner.namespace) and selector.matches(p.labels)
        )
        ports = {name for p in pods for name in p.port_names()}
        yield Monitor(o, selector, "podMetricsEndpoints", pods, frozenset(ports))


def _covers(monitor: Object, namespace: str) -> bool:
    if dig(monitor.data, "spec", "namespaceSelector", "any") is True:
        return True
    names = dig(monitor.data, "spec", "namespaceSelector", "matchNames")
    return namespace in (names if isinstance(names, list) and names else [monitor.namespace])
