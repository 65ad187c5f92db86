from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import items, text
from reconciler.text.suggestions import meant


@rule("references/claim", Severity.error)
def claim(this: CheckRule, world: World) -> Iterator[Finding]:
    """A pod mounts a PersistentVolumeClaim that nothing provides.

    The pod stays pending. The claims that a StatefulSet makes from its volumeClaimTemplates are
    known by their names: template, StatefulSet, number.
    """
    for pods in world.pods:
        namespace = pods.owner.namespace
        for i, volume in items(pods.spec, "volumes"):
            name = text(volume, "persistentVolumeClaim", "claimName")
            if not name or world.has("PersistentVolumeClaim", namespace, name):
                continue
            if any(re.fullmatch(rf"{re.escape(p)}-\d+", name) for p in _made(world, namespace)):
                continue
            known = [o.name for o in world.of("PersistentVolumeClaim") if o.namespace == namespace]
            yield this.missing(
                pods.owner,
                f"{pods.path}.volumes[{i}].persistentVolumeClaim.claimName",
                f"there is no PersistentVolumeClaim {name} in the namespace {namespace}",
                namespace=namespace,
                meant=meant(name, known),
                otherwise="add it to the app, or declare it as an external",
            )


def _made(world: World, namespace: str) -> Iterator[str]:
    for owner in world.of("StatefulSet", group="apps"):
        if owner.namespace == namespace:
            for _, template in items(owner.data, "spec", "volumeClaimTemplates"):
                yield f"{text(template, 'metadata', 'name')}-{owner.name}"
