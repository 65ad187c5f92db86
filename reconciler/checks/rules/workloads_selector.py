from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.selectors import selector_of


@rule("workloads/selector", Severity.error)
def selector(this: CheckRule, world: World) -> Iterator[Finding]:
    """A workload does not select the pods that it makes.

    The API server refuses a Deployment, StatefulSet, DaemonSet or ReplicaSet whose selector does
    not match the labels of its own template.
    """
    for pods in world.pods:
        if pods.owner.kind not in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
            continue
        wanted = selector_of(pods.owner.get("spec", "selector"))
        if wanted and not wanted.matches(pods.labels):
            yield this.finding(
                pods.owner,
                "spec.selector",
                f"the labels of the template do not match {wanted}",
                "give spec.template.metadata.labels the same labels",
            )
