"""One encrypted value, in the format of Sealed Secrets.

A fresh AES key for each value, encrypted with RSA-OAEP under the context as its label, and the
value under it with AES-GCM. The nonce is fixed at zero, which is safe because no key is used twice.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from reconciler.sealing.ciphertext import parts_of

Plain = bytes | bytearray

KEY_BYTES = 32
NONCE = bytes(12)


class CannotOpen(ValueError):
    """None of the keys fits, or the context does not, or a bit was changed: which, nobody knows."""


def seal_value(key: RSAPublicKey, plain: Plain, context: str) -> str:
    session = os.urandom(KEY_BYTES)
    wrapped = key.encrypt(session, _padding(context))
    sealed = AESGCM(session).encrypt(NONCE, plain, None)
    return base64.b64encode(len(wrapped).to_bytes(2) + wrapped + sealed).decode()


def open_value(keys: Iterable[RSAPrivateKey], text: str, context: str) -> bytes:
    wrapped, sealed = parts_of(text)
    for key in keys:
        if len(wrapped) != -(-key.key_size // 8):
            continue
        try:
            session = key.decrypt(wrapped, _padding(context))
            return AESGCM(session).decrypt(NONCE, sealed, None)
        except (ValueError, InvalidTag):
            continue
    raise CannotOpen


def _padding(context: str) -> OAEP:
    return OAEP(MGF1(SHA256()), SHA256(), context.encode())
