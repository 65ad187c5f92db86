"""The certificates that values are sealed with."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reconciler.errors import Place, SealingError

MIN_KEY_BITS = 2048
BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of a controller; its key's fingerprint tells it from others."""

    key: RSAPublicKey
    fingerprint: str
    not_before: datetime
    not_after: datetime
    pem: str

    @property
    def bits(self) -> int:
        return self.key.key_size

    def age(self, now: datetime) -> timedelta:
        return now - self.not_before


def read_certificates(content: bytes, file: str) -> list[Certificate]:
    """All certificates of a PEM file, the newest first, and of two as new the first in the file.

    Whether one may be used is not asked.
    """
    found = [
        _certificate(block[0], Place(file, content.count(b"\n", 0, block.start()) + 1))
        for block in _blocks(content, file)
    ]
    return sorted(found, key=lambda c: c.not_before, reverse=True)


def read_certificate(content: bytes, file: str) -> Certificate:
    """The newest of the file."""
    return read_certificates(content, file)[0]


def check_usable(certificate: Certificate, file: str) -> None:
    """Raises why nothing is to be sealed with this certificate."""
    now = datetime.now(UTC)
    if certificate.bits < MIN_KEY_BITS:
        raise SealingError(
            f"the certificate has a key of {certificate.bits} bits, less than {MIN_KEY_BITS}",
            where=Place(file),
            hint="give the controller a longer key, and fetch its new certificate",
        )
    if certificate.not_after < now:
        raise SealingError(
            f"the certificate expired on {certificate.not_after:%Y-%m-%d}",
            where=Place(file),
            why="the controller still opens what was sealed with it, and takes nothing new for it",
            hint="reconciler seal cert fetch ENV gets the present one",
        )
    if certificate.not_before > now + CLOCKS_DIFFER:
        raise SealingError(
            f"the certificate is not valid before {certificate.not_before:%Y-%m-%d %H:%M} UTC",
            where=Place(file),
            hint="is the clock of this machine right?",
        )


def fingerprint_of(key: RSAPublicKey) -> str:
    """As OpenSSH writes it (`ssh-keygen -lf`), and as the controller names its keys."""
    line = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    digest = hashlib.sha256(base64.b64decode(line.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def _blocks(content: bytes, file: str) -> list[re.Match[bytes]]:
    found = list(BLOCK.finditer(content))
    if any(b"PRIVATE KEY" in block[1] for block in found) or b"PRIVATE KEY-----" in content:
        raise SealingError(
            "THIS IS A PRIVATE KEY, and a certificate belongs here",
            where=Place(file),
            why="whoever has it can open every secret that was sealed for its cluster",
            hint="remove the file, never commit it, and if others could have read it, "
            "take the key out of service and change the secrets",
        )
    certificates = [block for block in found if block[1] == b"CERTIFICATE"]
    if certificates:
        return certificates
    if found:
        kind = found[0][1].decode().lower()
        raise SealingError(
            f"this is a {kind}, and a certificate belongs here",
            where=Place(file),
            hint="reconciler seal cert fetch ENV gets it from the controller",
        )
    truncated = b"-----BEGIN CERTIFICATE-----" in content
    raise SealingError(
        "the certificate is cut short" if truncated else "there is no certificate in this file",
        where=Place(file),
        why="it has no END line" if truncated else "one begins with -----BEGIN CERTIFICATE-----",
        hint="reconciler seal cert fetch ENV gets it from the controller",
    )


def _certificate(pem: bytes, where: Place) -> Certificate:
    try:
        read = x509.load_pem_x509_certificate(pem)
        key = read.public_key()
    except ValueError as e:
        raise SealingError(
            "the certificate is damaged",
            where=where,
            hint="reconciler seal cert fetch ENV gets it from the controller",
        ) from e
    if not isinstance(key, RSAPublicKey):
        raise SealingError(
            "the certificate's key is not an RSA key",
            where=where,
            why="Sealed Secrets knows no other kind",
            hint="it is another certificate of the cluster: fetch the controller's",
        )
    return Certificate(
        key,
        fingerprint_of(key),
        read.not_valid_before_utc,
        read.not_valid_after_utc,
        read.public_bytes(Encoding.PEM).decode(),
    )
