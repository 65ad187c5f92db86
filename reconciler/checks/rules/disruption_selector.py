from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.selectors import selector_of


@rule("disruption/selector", Severity.warning)
def selector(this: CheckRule, world: World) -> Iterator[Finding]:
    """A PodDisruptionBudget selects no pod.

    It protects nothing. Pods are looked for in all apps of the environment, in its namespace.
    """
    for budget in world.of("PodDisruptionBudget", group="policy"):
        wanted = selector_of(budget.get("spec", "selector"))
        if wanted and not world.selected(budget.namespace, wanted):
            yield this.missing(
                budget,
                "spec.selector",
                f"no pod in the namespace {budget.namespace} has the labels {wanted}",
                namespace=budget.namespace,
                otherwise="compare them with the labels of the pod template",
            )
