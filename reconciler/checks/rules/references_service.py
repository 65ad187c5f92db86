from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.backends import backends
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.text.suggestions import meant


@rule("references/service", Severity.error)
def service(this: CheckRule, world: World) -> Iterator[Finding]:
    """An Ingress, a route or a webhook leads to a Service that nothing provides.

    Requests are answered with an error; a webhook that cannot be called may stop all writes to
    the cluster.
    """
    for b in backends(world):
        if not world.has("Service", b.namespace, b.name):
            known = [o.name for o in world.of("Service") if o.namespace == b.namespace]
            yield this.missing(
                b.user,
                b.path,
                f"there is no Service {b.name} in the namespace {b.namespace}",
                namespace=b.namespace,
                meant=meant(b.name, known),
                otherwise="add it to the app, or declare it as an external",
            )
