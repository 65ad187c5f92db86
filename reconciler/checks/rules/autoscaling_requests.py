from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.autoscalers import target_of
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import dig, items, mapping, text
from reconciler.kubernetes.objects import Object
from reconciler.kubernetes.pods import pods_of


@rule("autoscaling/requests", Severity.error)
def requests(this: CheckRule, world: World) -> Iterator[Finding]:
    """A HorizontalPodAutoscaler wants a utilization of a resource that is not requested.

    Utilization is a share of the request. If one container of the pod has none, the metric
    cannot be computed, and the autoscaler does nothing. A LimitRange may add the request when
    the pod is created; then ignore the finding.
    """
    for scaler in world.of("HorizontalPodAutoscaler", group="autoscaling"):
        workload = target_of(scaler, world)
        pods = next(pods_of(workload), None) if workload else None
        if pods is None:
            continue
        for path, resource, only in _utilizations(scaler):
            lacking = [
                c.name
                for c in pods.running()
                if only in ("", c.name)
                and dig(c.data, "resources", "requests", resource) is None
                and dig(c.data, "resources", "limits", resource) is None
            ]
            if lacking:
                yield this.finding(
                    scaler,
                    path,
                    f"{', '.join(lacking)} of {pods.owner.identity} requests no {resource}",
                    f"add resources.requests.{resource} to it",
                )


def _utilizations(scaler: Object) -> Iterator[tuple[str, str, str]]:
    """The path, the resource, and the container if it is about one."""
    if scaler.get("spec", "targetCPUUtilizationPercentage") is not None:
        yield "spec.targetCPUUtilizationPercentage", "cpu", ""
    for i, metric in items(scaler.data, "spec", "metrics"):
        for field in ("resource", "containerResource"):
            found = mapping(metric, field)
            if dig(found, "target", "averageUtilization") is not None:
                path = f"spec.metrics[{i}].{field}"
                yield path, text(found, "name"), text(found, "container")
