from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import mapping

CHANGING = ("app.kubernetes.io/version", "helm.sh/chart")


@rule("immutable/selector", Severity.warning)
def selector(this: CheckRule, world: World) -> Iterator[Finding]:
    """The selector of a workload holds a label that changes with each release.

    A selector cannot be changed once the workload exists, so the next release is refused and the
    workload must be deleted first. Kustomize puts `commonLabels` into selectors; `labels` without
    `includeSelectors` does not.
    """
    for owner in world.of("Deployment", "StatefulSet", "DaemonSet", group="apps"):
        for label in mapping(owner.data, "spec", "selector", "matchLabels"):
            if label in CHANGING:
                yield this.finding(
                    owner,
                    f"spec.selector.matchLabels[{label}]",
                    f"{label} changes with each release, and a selector never may",
                    "keep it among the labels of the template only",
                )
