from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.text.suggestions import meant


@rule("workloads/stateful-service", Severity.error)
def stateful_service(this: CheckRule, world: World) -> Iterator[Finding]:
    """The serviceName of a StatefulSet is of no Service, or of one that is not headless.

    The pods get no names of their own in DNS, such as `node-0.node`. A headless Service has
    `clusterIP: None`.
    """
    for owner in world.of("StatefulSet", group="apps"):
        name, namespace = owner.text("spec", "serviceName"), owner.namespace
        if not name or world.external("Service", namespace, name):
            continue
        service = world.find("Service", namespace, name, group="")
        if service is None:
            known = [o.name for o in world.of("Service", group="") if o.namespace == namespace]
            yield this.missing(
                owner,
                "spec.serviceName",
                f"there is no Service {name} in the namespace {namespace}",
                namespace=namespace,
                meant=meant(name, known),
                otherwise="add a Service with clusterIP: None",
            )
        elif service.get("spec", "clusterIP") != "None":
            yield this.finding(
                owner,
                "spec.serviceName",
                f"the Service {name} is not headless",
                "add one with clusterIP: None beside it, and name that",
                severity=Severity.warning,
            )
