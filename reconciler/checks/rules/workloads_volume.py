from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import items, text
from reconciler.text.suggestions import meant


@rule("workloads/volume", Severity.error)
def volume(this: CheckRule, world: World) -> Iterator[Finding]:
    """A container mounts a volume that its pod does not have.

    The API server refuses it. The volumes of a StatefulSet's volumeClaimTemplates count.
    """
    for pods in world.pods:
        known = {text(v, "name") for _, v in items(pods.spec, "volumes")}
        known |= {
            text(claim, "metadata", "name")
            for _, claim in items(pods.owner.data, "spec", "volumeClaimTemplates")
        }
        for container in pods.containers():
            for field in ("volumeMounts", "volumeDevices"):
                for i, mount in items(container.data, field):
                    name = text(mount, "name")
                    if name and name not in known:
                        yield this.finding(
                            pods.owner,
                            f"{container.path}.{field}[{i}].name",
                            f"the pod has no volume {name}",
                            meant(name, known) or f"add it to {pods.path}.volumes",
                        )
