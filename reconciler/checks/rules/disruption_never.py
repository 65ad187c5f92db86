from __future__ import annotations

import math
from collections.abc import Iterator

from reconciler.checks.autoscalers import is_scaled
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import dig
from reconciler.kubernetes.objects import Object
from reconciler.kubernetes.selectors import selector_of


@rule("disruption/never", Severity.warning)
def never(this: CheckRule, world: World) -> Iterator[Finding]:
    """A PodDisruptionBudget allows no disruption at all, or can never be met.

    A node with one of its pods cannot be drained, so upgrades of the cluster stop there. More
    pods wanted than there are is an error; as many as there are is a warning. If a node must
    wait for a person there, ignore the finding and write down why.
    """
    for budget in world.of("PodDisruptionBudget", group="policy"):
        wanted = selector_of(budget.get("spec", "selector"))
        pods = world.selected(budget.namespace, wanted) if wanted else []
        counts = [p.replicas() for p in pods if not is_scaled(p.owner, world)]
        if not pods or len(counts) < len(pods) or None in counts:
            continue
        total = sum(count for count in counts if count is not None)
        for field, needed in (
            ("minAvailable", _amount(budget, "minAvailable", total)),
            ("maxUnavailable", _left(_amount(budget, "maxUnavailable", total), total)),
        ):
            if needed is None or total == 0 or needed < total:
                continue
            yield this.finding(
                budget,
                f"spec.{field}",
                f"{needed} of {total} pods must be available at all times",
                "run more replicas, or allow one to be unavailable",
                severity=Severity.error if needed > total else Severity.warning,
            )


def _amount(budget: Object, field: str, total: int) -> int | None:
    """A number of pods, or a share of them, which is rounded up."""
    match dig(budget.data, "spec", field):
        case bool():
            return None
        case int(count):
            return count
        case str(text) if text.removesuffix("%").isdigit() and text.endswith("%"):
            return math.ceil(total * int(text[:-1]) / 100)
    return None


def _left(unavailable: int | None, total: int) -> int | None:
    return None if unavailable is None else max(total - unavailable, 0)
