from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.monitors import monitored
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import items, text
from reconciler.text.suggestions import meant


@rule("monitoring/port", Severity.error)
def port(this: CheckRule, world: World) -> Iterator[Finding]:
    """A ServiceMonitor or PodMonitor scrapes a port that none of its targets has.

    Nothing is scraped. `port` is the name of the Service's port for a ServiceMonitor, and of the
    container's for a PodMonitor.
    """
    for monitor in monitored(world):
        for i, endpoint in items(monitor.object.data, "spec", monitor.endpoints):
            name = text(endpoint, "port")
            if monitor.targets and name and name not in monitor.ports:
                yield this.finding(
                    monitor.object,
                    f"spec.{monitor.endpoints}[{i}].port",
                    f"none of what it selects has a port named {name}",
                    meant(name, monitor.ports),
                )
