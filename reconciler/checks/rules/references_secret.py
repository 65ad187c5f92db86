from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.configuration import Configuration
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.names import meant
from reconciler.checks.objects import Object
from reconciler.checks.references import references
from reconciler.checks.rule import Rule, rule
from reconciler.checks.world import World
from reconciler.model.layout import entry_of


@rule("references/secret", Severity.error)
def secret(this: Rule, world: World) -> Iterator[Finding]:
    """A pod or an Ingress needs a Secret that nothing provides.

    A pod waits for it and does not start; an Ingress serves a certificate that nobody trusts. A
    Secret is provided by a Secret, a SealedSecret, an ExternalSecret, a Certificate, or an
    Ingress with annotations of cert-manager. Names under imagePullSecrets are not looked at: a
    pod starts without them if its images are public.
    """
    known = Configuration(world)
    for user, ref in references(world):
        if ref.kind == "Secret" and not known.find("Secret", user.namespace, ref.name):
            yield user.finding(
                this,
                ref.path,
                f"there is no Secret {ref.name} in the namespace {user.namespace}",
                meant(ref.name, known.names("Secret", user.namespace))
                or f"{_how_to_seal(user, ref.name)}, or declare it as an external",
            )


def _how_to_seal(user: Object, name: str) -> str:
    entry = entry_of(user.app)
    return f"reconciler seal {'/'.join(entry)} {name}" if entry else "seal it for this environment"
