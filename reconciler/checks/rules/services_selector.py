from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import mapping
from reconciler.kubernetes.selectors import Selector


@rule("services/selector", Severity.error)
def selector(this: CheckRule, world: World) -> Iterator[Finding]:
    """A Service selects no pod.

    It has no endpoints then, and whoever calls it gets no answer. Pods are looked for in all
    apps of the environment, in the Service's namespace. If something else makes them, declare
    the Service as external or ignore the finding.
    """
    for service in world.of("Service", group=""):
        wanted = Selector(mapping(service.data, "spec", "selector"))
        if service.text("spec", "type") == "ExternalName" or not wanted:
            continue
        if not world.selected(service.namespace, wanted):
            yield this.missing(
                service,
                "spec.selector",
                f"no pod in the namespace {service.namespace} has the labels {wanted}",
                namespace=service.namespace,
                otherwise="compare them with the labels of the pod template",
            )
