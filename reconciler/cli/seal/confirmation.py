"""The certificate to seal with, as far as a person or a pipeline has said that it is right."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from reconciler.cli.output import console
from reconciler.cli.seal.session import SealingSession
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from reconciler.model.environment import Environment
    from reconciler.sealing.certificate import Certificate


def sealing_certificate(
    place: SealingSession, environment: Environment, fingerprint: str | None = None
) -> Certificate:
    """The newest of an environment, if it is the one that is expected, or known to this clone."""
    from reconciler.sealing.certificates import certificates_of

    found = certificates_of(place.tree, environment)
    certificate = found.usable()
    if fingerprint:
        check_expected(certificate, fingerprint, f"the certificate of {environment.name}")
        place.confirmed.add(environment.name, certificate)
    elif place.confirmed.is_another(environment.name, certificate) and _agreed(
        f"the certificate of {environment.name} is another than before, and whoever has its key "
        f"reads what is sealed: {certificate.fingerprint}. Is it the controller's?"
    ):
        place.confirmed.add(environment.name, certificate)
    place.confirmed.check(environment.name, certificate, found.file)
    return certificate


def check_expected(certificate: Certificate, fingerprint: str, what: str) -> None:
    if certificate.fingerprint != fingerprint:
        raise UsageError(
            f"{what} is {certificate.fingerprint}",
            why=f"{fingerprint} was expected: this may be another cluster, or somebody else's key",
        )


def say_sealed_with(certificate: Certificate, environment: str) -> None:
    console().print(f"for {environment}, with {certificate.fingerprint}")


def _agreed(question: str) -> bool:
    """Only a person can: an answer that comes through a pipe may be a value."""
    return bool(sys.stdin and sys.stdin.isatty()) and typer.confirm(question, err=True)
