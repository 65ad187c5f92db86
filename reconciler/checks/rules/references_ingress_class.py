from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.text.suggestions import meant


@rule("references/ingress-class", Severity.warning)
def ingress_class(this: CheckRule, world: World) -> Iterator[Finding]:
    """An Ingress names an IngressClass that nothing provides.

    No controller serves it if the cluster does not have the class either. Declare the classes of
    the cluster as externals.
    """
    known = [o.name for o in world.of("IngressClass")]
    for ingress in world.of("Ingress", group="networking.k8s.io"):
        name = ingress.text("spec", "ingressClassName")
        if name and not world.has("IngressClass", "", name):
            yield this.missing(
                ingress,
                "spec.ingressClassName",
                f"there is no IngressClass {name}",
                namespace="",
                meant=meant(name, known),
                otherwise="declare it as an external, if the cluster has it",
            )
