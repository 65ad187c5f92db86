from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.configuration import ProvidedConfiguration
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.pod_references import references
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.model.entry import Entry
from reconciler.text.suggestions import meant


@rule("references/secret", Severity.error)
def secret(this: CheckRule, world: World) -> Iterator[Finding]:
    """A pod or an Ingress needs a Secret that nothing provides.

    A pod waits for it and does not start; an Ingress serves a certificate that nobody trusts. A
    Secret is provided by a Secret, a SealedSecret, an ExternalSecret, a Certificate, or an
    Ingress with annotations of cert-manager. Names under imagePullSecrets are not looked at: a
    pod starts without them if its images are public.
    """
    known = ProvidedConfiguration(world)
    for user, ref in references(world):
        if ref.kind == "Secret" and not known.find("Secret", user.namespace, ref.name):
            seal = _how_to_seal(world.entries.get(user.folder), ref.name)
            yield this.missing(
                user,
                ref.path,
                f"there is no Secret {ref.name} in the namespace {user.namespace}",
                namespace=user.namespace,
                meant=meant(ref.name, known.names("Secret", user.namespace)),
                otherwise=f"{seal}, or declare it as an external",
            )


def _how_to_seal(entry: Entry | None, name: str) -> str:
    return f"reconciler seal {entry} {name}" if entry else "seal it for this environment"
