from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import text
from reconciler.text.suggestions import meant

OF_EVERY_CLUSTER = ("system-cluster-critical", "system-node-critical")


@rule("references/priority-class", Severity.warning)
def priority_class(this: CheckRule, world: World) -> Iterator[Finding]:
    """A pod names a PriorityClass that nothing provides.

    The API server refuses the pods if the cluster does not have it either. Every cluster has
    `system-cluster-critical` and `system-node-critical`; declare others as externals.
    """
    known = [*OF_EVERY_CLUSTER, *(o.name for o in world.of("PriorityClass"))]
    for pods in world.pods:
        name = text(pods.spec, "priorityClassName")
        if name and name not in known and not world.external("PriorityClass", "", name):
            yield this.missing(
                pods.owner,
                f"{pods.path}.priorityClassName",
                f"there is no PriorityClass {name}",
                namespace="",
                meant=meant(name, known),
                otherwise="declare it as an external, if the cluster has it",
            )
