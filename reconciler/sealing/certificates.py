"""The certificates of an environment: the newest seals, older ones are known by name."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.errors import Place, SealingError
from reconciler.model.environment import Environment
from reconciler.model.files import FILE, Files, read
from reconciler.sealing.certificate import Certificate, check_usable, read_certificates

FILE_NAME = "sealing-cert.pem"


@dataclass(frozen=True, slots=True)
class Certificates:
    """All certificates that an environment's file holds, the newest first."""

    file: str
    all: tuple[Certificate, ...]

    @property
    def newest(self) -> Certificate:
        return self.all[0]

    def usable(self) -> Certificate:
        """The newest, if it may seal."""
        check_usable(self.newest, self.file)
        return self.newest

    def find(self, fingerprint: str) -> Certificate | None:
        return next((c for c in self.all if c.fingerprint == fingerprint), None)

    def text(self) -> str:
        return "".join(c.pem for c in self.all)


def certificates_file(environment: Environment) -> str:
    """Where the certificates of an environment are, from the repository's root."""
    return environment.sealing.certificate or f"{environment.folder}/{FILE_NAME}"


def find_certificates(files: Files, environment: Environment) -> Certificates | None:
    """The certificates of an environment, if it has any."""
    file = certificates_file(environment)
    if files.look(file).kind != FILE:
        return None
    return Certificates(file, tuple(read_certificates(read(files, file), file)))


def certificates_of(files: Files, environment: Environment) -> Certificates:
    found = find_certificates(files, environment)
    if found is None:
        file = certificates_file(environment)
        raise SealingError(
            f"{environment.name} has no certificate to seal with",
            where=Place(file),
            hint=f"reconciler seal cert fetch {environment.name}",
        )
    return found
