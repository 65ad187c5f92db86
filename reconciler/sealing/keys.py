"""Private keys of controllers, for recovery: they open everything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from reconciler.errors import Place, SealingError
from reconciler.sealing.certificate import BLOCK, fingerprint_of
from reconciler.sealing.ciphertext import Malformed
from reconciler.sealing.envelope import CannotOpen, open_value
from reconciler.sealing.sealed_secret import SealedSecret
from reconciler.sealing.secret import is_secret, read_secret
from reconciler.yaml.read import read_documents

TLS_KEY = "tls.key"


@dataclass(frozen=True, slots=True)
class PrivateKey:
    key: RSAPrivateKey = field(repr=False)
    fingerprint: str


def read_keys(content: bytes, file: str) -> list[PrivateKey]:
    """Keys in PEM, or Secrets with them as `kubectl get -o yaml` writes them."""
    if b"-----BEGIN" in content.lstrip()[:64]:
        found = [_key(block[0], file) for block in BLOCK.finditer(content) if b"KEY" in block[1]]
    else:
        found = list(_in_secrets(content, file))
    if not found:
        raise SealingError(
            "there is no private key here",
            where=Place(file),
            hint="give a key in PEM, or the Secrets of the controller's keys",
        )
    return found


def opened(sealed: SealedSecret, keys: Sequence[PrivateKey]) -> dict[str, bytearray]:
    """The plaintext of all values."""
    found = {}
    for key, text in sealed.encrypted.items():
        try:
            plain = open_value([k.key for k in keys], text, sealed.context)
        except Malformed as e:
            raise SealingError(f"the value of {key} {e}", where=sealed.place) from None
        except CannotOpen:
            raise SealingError(
                f"no key that was given opens the value of {key}",
                where=sealed.place,
                why=_why_closed(sealed, key, text, keys),
                hint="name an older backup, too, with another --keys FILE",
            ) from None
        found[key] = bytearray(plain)
    return found


def _why_closed(sealed: SealedSecret, key: str, text: str, keys: Sequence[PrivateKey]) -> str:
    item = sealed.record.of(key, text) if sealed.record else None
    if item and item.fingerprint not in {k.fingerprint for k in keys}:
        return f"it was sealed for the key {item.fingerprint}, which is not among these"
    if sealed.record and sealed.record.context != sealed.context:
        return f"it was sealed for {sealed.record.context}, and this is {sealed.context}"
    return "it was sealed for another key, name, namespace or scope, or is damaged"


def _in_secrets(content: bytes, file: str) -> Iterator[PrivateKey]:
    for document in read_documents(content, file):
        if is_secret(document.value):
            secret = read_secret(document)
            if TLS_KEY in secret.values:
                yield _key(bytes(secret.values[TLS_KEY]), f"{file}: {secret.name}")


def _key(pem: bytes, file: str) -> PrivateKey:
    try:
        key = load_pem_private_key(pem, None)
    except TypeError:
        raise SealingError(
            "the private key is encrypted",
            where=Place(file),
            hint="openssl pkey takes the passphrase off; or use a backup made by seal keys backup",
        ) from None
    except ValueError:
        raise SealingError("the private key is damaged", where=Place(file)) from None
    if not isinstance(key, RSAPrivateKey):
        raise SealingError("this is not an RSA key", where=Place(file))
    return PrivateKey(key, fingerprint_of(key.public_key()))
