from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.autoscalers import target_of
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World


@rule("autoscaling/replicas", Severity.warning)
def replicas(this: CheckRule, world: World) -> Iterator[Finding]:
    """A workload has both a number of replicas and a HorizontalPodAutoscaler.

    Each time the manifest is applied it sets the number back, and the autoscaler changes it
    again. Leave `replicas` out of the manifest. (The first time that it is left out, the workload
    goes to one replica for a moment, unless the field is given up with server-side apply.)
    """
    for scaler in world.of("HorizontalPodAutoscaler", group="autoscaling"):
        workload = target_of(scaler, world)
        if workload and workload.get("spec", "replicas") is not None:
            yield this.finding(
                workload,
                "spec.replicas",
                f"the autoscaler {scaler.name} sets the number of replicas too",
                "leave replicas out",
            )
