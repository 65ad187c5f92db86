from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.monitors import monitored
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World


@rule("monitoring/selector", Severity.warning)
def selector(this: CheckRule, world: World) -> Iterator[Finding]:
    """A ServiceMonitor selects no Service, or a PodMonitor no pod.

    Nothing is scraped, and alerts on its metrics never fire. They are looked for in all apps of
    the environment, in the namespaces that the monitor names.
    """
    for monitor in monitored(world):
        if monitor.selector and not monitor.targets:
            what = "Service" if monitor.object.kind == "ServiceMonitor" else "pod"
            yield this.missing(
                monitor.object,
                "spec.selector",
                f"no {what} has the labels {monitor.selector}",
                namespace=monitor.object.namespace,
                otherwise=f"compare them with the labels of the {what} itself",
            )
