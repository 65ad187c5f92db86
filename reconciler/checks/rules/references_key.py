from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.configuration import ProvidedConfiguration
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.pod_references import configuration_of
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.text.suggestions import meant


@rule("references/key", Severity.error)
def key(this: CheckRule, world: World) -> Iterator[Finding]:
    """A pod needs a key that its ConfigMap or Secret does not have.

    The pod does not start. Keys are known of ConfigMaps, Secrets, SealedSecrets, and of
    ExternalSecrets that list them.
    """
    known = ProvidedConfiguration(world)
    for pods in world.pods:
        for ref in configuration_of(pods):
            provided = known.find(ref.kind, pods.owner.namespace, ref.name)
            if provided is None or provided.keys is None:
                continue
            for path, name in ref.keys:
                if name and name not in provided.keys:
                    yield this.finding(
                        pods.owner,
                        path,
                        f"the {ref.kind} {ref.name} has no key {name}",
                        meant(name, provided.keys),
                    )
