from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.sealed import path_of, recorded, sealed_secrets
from reconciler.checks.world import World


@rule("sealing/certificate", Severity.error)
def certificate(this: CheckRule, world: World) -> Iterator[Finding]:
    """A value was sealed with a certificate that is not the environment's.

    Only the cluster with its private key can open it: most often it was copied from another
    environment. The certificates of an environment are those in its `sealing-cert.pem`, older ones
    too. What a value was sealed with is read from the annotation `reconciler.dev/sealed`.
    """
    if not world.sealing:
        return
    known = {key.fingerprint for key in world.sealing}
    for o, sealed in sealed_secrets(world):
        for key, item in recorded(sealed):
            if item.fingerprint not in known:
                yield this.finding(
                    o,
                    path_of(key),
                    f"{key} was sealed with {item.fingerprint}, no certificate of this environment",
                    "seal it for this environment",
                )
