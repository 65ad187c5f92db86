"""What can be seen of a sealed value from outside; needs no library for encryption."""

from __future__ import annotations

import base64
import binascii

TAG_BYTES = 16
RSA_BYTES = range(128, 2049)


class Malformed(ValueError):
    """A text that is no sealed value; says in which way."""


def parts_of(text: str) -> tuple[bytes, bytes]:
    """The encrypted key and the encrypted value."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("is not base64") from None
    length = int.from_bytes(data[:2])
    if length not in RSA_BYTES:
        raise Malformed("does not begin as a sealed value does")
    if len(data) < 2 + length + TAG_BYTES:
        raise Malformed("is cut short")
    return data[2 : 2 + length], data[2 + length :]


def key_bits(text: str) -> int:
    """The size of the RSA key that a value was sealed with."""
    return len(parts_of(text)[0]) * 8
