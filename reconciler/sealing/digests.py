"""Telling whether a plaintext changed without keeping it: a digest under a secret key.

A plain hash would let anybody who reads the repository try passwords against it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field

from reconciler.errors import Place, SealingError
from reconciler.sealing.scope import Scope

VERSION = b"\x01"
MIN_KEY_BYTES = 32
ID_DIGITS = 8
DIGEST_BYTES = 16

Plain = bytes | bytearray


@dataclass(frozen=True, slots=True)
class DigestKey:
    """A key for digests; its name says which one a digest was made with, and nothing about it."""

    key: bytes = field(repr=False)

    @property
    def name(self) -> str:
        return hashlib.sha256(b"name of " + self.key).hexdigest()[:ID_DIGITS]

    def digest(self, scope: Scope, context: str, item: str, plain: Plain) -> str:
        """Bound to the place of the value, so that equal values in two places look unequal.

        Not bound to the certificate: a value that is sealed again for a new one is still the same.
        """
        made = hmac.new(self.key, VERSION, hashlib.sha256)
        for part in (scope.encode(), context.encode(), item.encode(), plain):
            made.update(len(part).to_bytes(8))
            made.update(part)
        return f"{self.name}:{made.hexdigest()[: 2 * DIGEST_BYTES]}"


def read_digest_key(content: bytes, file: str) -> DigestKey:
    """A key as a file holds it: base64 of at least 32 bytes."""
    try:
        key = base64.b64decode(b"".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < MIN_KEY_BYTES:
        raise SealingError(
            f"this is no key for digests: it must be base64 of at least {MIN_KEY_BYTES} bytes",
            where=Place(file),
            hint="head -c 32 /dev/urandom | base64 makes one; keep it outside of Git",
        )
    return DigestKey(key)
