from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import items, mapping, text
from reconciler.kubernetes.selectors import Selector
from reconciler.text.suggestions import meant


@rule("services/port-name", Severity.error)
def port_name(this: CheckRule, world: World) -> Iterator[Finding]:
    """A Service's targetPort is a name that no container of its pods has.

    The port has no endpoints then. A name is looked up among the ports of the containers, so the
    container must declare it under `ports`.
    """
    for service in world.of("Service", group=""):
        wanted = Selector(mapping(service.data, "spec", "selector"))
        pods = world.selected(service.namespace, wanted) if wanted else []
        known = {name for p in pods for name in p.port_names()}
        for i, port in items(service.data, "spec", "ports"):
            target = text(port, "targetPort")
            if pods and target and not target.isdigit() and target not in known:
                yield this.finding(
                    service,
                    f"spec.ports[{i}].targetPort",
                    f"no container of the selected pods has a port named {target}",
                    meant(target, known) or "name the container's port, or use its number",
                )
