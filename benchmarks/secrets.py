"""Secrets to seal, and the least that sealing them can cost."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from reconciler.sealing.certificate import Certificate
from reconciler.sealing.seal import seal
from reconciler.sealing.secret import read_secret
from reconciler.yaml.read import read_documents
from reconciler.yaml.write import stream
from tests.sealing.material import certificate_pem, private_key

CONTROLLERS_BITS = 4096
SECRET = """apiVersion: v1
kind: Secret
metadata:
  name: secret-{number}
  namespace: shop
stringData:
"""


def certificate_of_a_controller() -> tuple[bytes, RSAPrivateKey]:
    key = private_key(0, CONTROLLERS_BITS)
    return certificate_pem(key), key


def secrets(documents: int, values: int) -> list[str]:
    lines = "".join(f"  key-{i}: {'x' * 32}\n" for i in range(values))
    return [SECRET.format(number=number) + lines for number in range(documents)]


def sealed_stream(content: bytes, certificate: Certificate) -> str:
    """What the filter does."""
    made = [seal(read_secret(d), certificate) for d in read_documents(content, "all.yaml")]
    return stream([one.object() for one in made], "yaml")


def rsa_and_aes(key: RSAPublicKey, count: int) -> None:
    padding = OAEP(MGF1(SHA256()), SHA256(), b"shop/secret")
    for _ in range(count):
        session = os.urandom(32)
        key.encrypt(session, padding)
        AESGCM(session).encrypt(bytes(12), b"x" * 32, None)
