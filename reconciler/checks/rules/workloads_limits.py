from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import mapping
from reconciler.kubernetes.quantities import amount


@rule("workloads/limits", Severity.error)
def limits(this: CheckRule, world: World) -> Iterator[Finding]:
    """A container requests more of a resource than its limit.

    The API server refuses it.
    """
    for pods in world.pods:
        for container in pods.containers():
            most = mapping(container.data, "resources", "limits")
            for resource, wanted in mapping(container.data, "resources", "requests").items():
                request, limit = amount(wanted), amount(most.get(resource))
                if request is not None and limit is not None and request > limit:
                    yield this.finding(
                        pods.owner,
                        f"{container.path}.resources.requests.{resource}",
                        f"{container.name} requests {wanted} of {resource}, and its limit is"
                        f" {most[resource]}",
                    )
