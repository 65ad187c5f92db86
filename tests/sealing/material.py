"""Keys and certificates as a controller makes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from reconciler.sealing.certificate import Certificate, read_certificate

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def private_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The same for the same number."""
    return _generated(number, bits)


@cache
def _generated(number: int, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def certificate_pem(
    key: Key | None = None,
    *,
    begins: timedelta = timedelta(days=-1),
    ends: timedelta = timedelta(days=3650),
) -> bytes:
    key = key or private_key()
    now = datetime.now(UTC)
    nobody = x509.Name([])
    made = (
        x509.CertificateBuilder()
        .subject_name(nobody)
        .issuer_name(nobody)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)


@cache
def certificate(number: int = 0) -> Certificate:
    return read_certificate(certificate_pem(private_key(number)), "cert.pem")


def key_pem(key: rsa.RSAPrivateKey | None = None) -> bytes:
    """As the controller keeps it."""
    return (key or private_key()).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
