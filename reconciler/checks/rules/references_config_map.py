from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.configuration import ProvidedConfiguration
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.pod_references import configuration_of
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.text.suggestions import meant


@rule("references/config-map", Severity.error)
def config_map(this: CheckRule, world: World) -> Iterator[Finding]:
    """A pod needs a ConfigMap that nothing provides.

    The pod waits for it and does not start. A reference with `optional: true` is not looked at,
    and every namespace has `kube-root-ca.crt`. Declare what the cluster itself provides as an
    external.
    """
    known = ProvidedConfiguration(world)
    for pods in world.pods:
        namespace = pods.owner.namespace
        for ref in configuration_of(pods):
            if ref.kind != "ConfigMap" or ref.name == "kube-root-ca.crt":
                continue
            if not known.find("ConfigMap", namespace, ref.name):
                yield this.missing(
                    pods.owner,
                    ref.path,
                    f"there is no ConfigMap {ref.name} in the namespace {namespace}",
                    namespace=namespace,
                    meant=meant(ref.name, known.names("ConfigMap", namespace)),
                    otherwise="add it to the app, or declare it as an external",
                )
