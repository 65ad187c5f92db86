"""What HorizontalPodAutoscalers scale."""

from __future__ import annotations

from reconciler.checks.world import World
from reconciler.kubernetes.objects import Object


def target_of(scaler: Object, world: World) -> Object | None:
    version = scaler.text("spec", "scaleTargetRef", "apiVersion")
    return world.find(
        scaler.text("spec", "scaleTargetRef", "kind"),
        scaler.namespace,
        scaler.text("spec", "scaleTargetRef", "name"),
        group=version.rpartition("/")[0] if version else None,
    )


def is_scaled(workload: Object, world: World) -> bool:
    """Does something else than the manifest decide how many pods it has?"""
    scalers = world.of("HorizontalPodAutoscaler", group="autoscaling")
    return any(target_of(scaler, world) is workload for scaler in scalers) or any(
        scaler.namespace == workload.namespace
        and scaler.text("spec", "scaleTargetRef", "name") == workload.name
        for scaler in world.of("ScaledObject", group="keda.sh")
    )
