from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import number, text


@rule("workloads/port-conflict", Severity.warning)
def port_conflict(this: CheckRule, world: World) -> Iterator[Finding]:
    """Two containers of a pod have the same port, or two ports of one name.

    Containers of a pod share its address: the second one to listen on a port fails. Of two ports
    with one name a Service takes the first.
    """
    for pods in world.pods:
        names: dict[str, str] = {}
        numbers: dict[tuple[int | None, str], str] = {}
        for container in pods.running():
            for path, port in container.ports():
                name, protocol = text(port, "name"), text(port, "protocol") or "TCP"
                value = number(port, "containerPort")
                if value and (value, protocol) in numbers:
                    other = numbers[value, protocol]
                    yield this.finding(
                        pods.owner,
                        f"{path}.containerPort",
                        f"the container {other} has the port {value} for {protocol} too",
                    )
                elif name and name in names:
                    yield this.finding(
                        pods.owner,
                        f"{path}.name",
                        f"the container {names[name]} has a port {name} too",
                    )
                names.setdefault(name, container.name)
                numbers.setdefault((value, protocol), container.name)
