from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import number


@rule("autoscaling/range", Severity.error)
def range_(this: CheckRule, world: World) -> Iterator[Finding]:
    """A HorizontalPodAutoscaler has a minReplicas above its maxReplicas.

    The API server refuses it. Without minReplicas the minimum is 1.
    """
    for scaler in world.of("HorizontalPodAutoscaler", group="autoscaling"):
        least = number(scaler.data, "spec", "minReplicas")
        most = number(scaler.data, "spec", "maxReplicas")
        least = 1 if least is None else least
        if most is not None and least > most:
            yield this.finding(
                scaler,
                "spec.maxReplicas",
                f"minReplicas is {least}, and maxReplicas is {most}",
            )
