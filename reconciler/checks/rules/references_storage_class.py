from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import items, text
from reconciler.kubernetes.objects import Object
from reconciler.text.suggestions import meant


@rule("references/storage-class", Severity.warning)
def storage_class(this: CheckRule, world: World) -> Iterator[Finding]:
    """A claim names a StorageClass that nothing provides.

    The claim stays pending if the cluster does not have it either. Declare the classes of the
    cluster as externals.
    """
    known = [o.name for o in world.of("StorageClass")]
    for user, path, name in _references(world):
        if name and not world.has("StorageClass", "", name):
            yield this.missing(
                user,
                path,
                f"there is no StorageClass {name}",
                namespace="",
                meant=meant(name, known),
                otherwise="declare it as an external, if the cluster has it",
            )


def _references(world: World) -> Iterator[tuple[Object, str, str]]:
    for o in world.of("PersistentVolumeClaim", "PersistentVolume", group=""):
        yield o, "spec.storageClassName", o.text("spec", "storageClassName")
    for o in world.of("StatefulSet", group="apps"):
        for i, claim in items(o.data, "spec", "volumeClaimTemplates"):
            path = f"spec.volumeClaimTemplates[{i}].spec.storageClassName"
            yield o, path, text(claim, "spec", "storageClassName")
    for pods in world.pods:
        for i, volume in items(pods.spec, "volumes"):
            path = "ephemeral.volumeClaimTemplate.spec.storageClassName"
            found = text(volume, *path.split("."))
            yield pods.owner, f"{pods.path}.volumes[{i}].{path}", found
