from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import items, number, text
from reconciler.kubernetes.objects import Object


@rule("services/node-port", Severity.error)
def node_port(this: CheckRule, world: World) -> Iterator[Finding]:
    """Two Services of an environment want the same node port.

    A node port is one for the whole cluster: the second Service is refused. A port may be taken
    by TCP and by UDP.
    """
    taken: dict[tuple[int, str], list[tuple[Object, str]]] = defaultdict(list)
    for service in world.of("Service", group=""):
        for i, port in items(service.data, "spec", "ports"):
            wanted = number(port, "nodePort")
            if wanted:
                protocol = text(port, "protocol") or "TCP"
                taken[wanted, protocol].append((service, f"spec.ports[{i}].nodePort"))
    for (wanted, protocol), users in taken.items():
        for service, path in users:
            others = [o for o, p in users if (o, p) != (service, path)]
            if others:
                names = ", ".join(
                    f"{o.identity}" + (f" of {o.folder}" if o.folder != service.folder else "")
                    for o in others
                )
                yield this.finding(
                    service,
                    path,
                    f"{names} has the node port {wanted} for {protocol} too",
                    "give each its own, from 30000 to 32767",
                )
