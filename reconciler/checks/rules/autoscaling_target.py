from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from reconciler.checks.autoscalers import target_of
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.objects import Object
from reconciler.text.suggestions import meant


@rule("autoscaling/target", Severity.error)
def target(this: CheckRule, world: World) -> Iterator[Finding]:
    """A HorizontalPodAutoscaler scales something that is not there, or that another one scales.

    Without its target it does nothing; two of them on one target undo each other's work.
    """
    aimed: dict[tuple[str, str, str], list[Object]] = defaultdict(list)
    for scaler in world.of("HorizontalPodAutoscaler", group="autoscaling"):
        kind, name = scaler.text("spec", "scaleTargetRef", "kind"), target_name(scaler)
        if not kind or not name:
            continue
        aimed[kind, scaler.namespace, name].append(scaler)
        if target_of(scaler, world) is None and not world.external(kind, scaler.namespace, name):
            known = [o.name for o in world.of(kind) if o.namespace == scaler.namespace]
            yield this.missing(
                scaler,
                "spec.scaleTargetRef",
                f"there is no {kind} {name} in the namespace {scaler.namespace}",
                namespace=scaler.namespace,
                meant=meant(name, known),
                otherwise="compare apiVersion, kind and name with the workload",
            )
    for (kind, _, name), scalers in aimed.items():
        for scaler in scalers if len(scalers) > 1 else ():
            others = ", ".join(o.name for o in scalers if o is not scaler)
            yield this.finding(
                scaler,
                "spec.scaleTargetRef",
                f"{others} scales the {kind} {name} too",
                "leave one autoscaler, with all the metrics",
            )


def target_name(scaler: Object) -> str:
    return scaler.text("spec", "scaleTargetRef", "name")
