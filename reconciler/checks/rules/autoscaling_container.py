from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.autoscalers import target_of
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import items, text
from reconciler.kubernetes.pods import pods_of
from reconciler.text.suggestions import meant


@rule("autoscaling/container", Severity.error)
def container(this: CheckRule, world: World) -> Iterator[Finding]:
    """A HorizontalPodAutoscaler measures a container that its target does not have.

    The metric is never there, and the autoscaler does not scale down any more.
    """
    for scaler in world.of("HorizontalPodAutoscaler", group="autoscaling"):
        workload = target_of(scaler, world)
        pods = next(pods_of(workload), None) if workload else None
        known = {c.name for c in pods.running()} if pods else set()
        for i, metric in items(scaler.data, "spec", "metrics"):
            name = text(metric, "containerResource", "container")
            if known and name and name not in known:
                yield this.finding(
                    scaler,
                    f"spec.metrics[{i}].containerResource.container",
                    f"the target has no container {name}",
                    meant(name, known),
                )
