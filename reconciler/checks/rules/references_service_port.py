from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.backends import backends
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import items, number, text
from reconciler.text.suggestions import meant


@rule("references/service-port", Severity.error)
def service_port(this: CheckRule, world: World) -> Iterator[Finding]:
    """An Ingress, a route or a webhook leads to a port that the Service does not have.

    What counts is the Service's own port or its name, not the container's.
    """
    for b in backends(world):
        service = world.find("Service", b.namespace, b.name, group="")
        if service is None or b.port is None or service.text("spec", "type") == "ExternalName":
            continue
        ports = [port for _, port in items(service.data, "spec", "ports")]
        names = [text(port, "name") for port in ports]
        if b.port not in names and b.port not in [number(port, "port") for port in ports]:
            yield this.finding(
                b.user,
                b.port_path,
                f"the Service {b.name} has no port {b.port}",
                meant(str(b.port), [n for n in names if n]),
            )
