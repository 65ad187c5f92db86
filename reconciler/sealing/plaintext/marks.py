"""By what a value is known again, without the value."""

from __future__ import annotations

from reconciler.sealing.plaintext.credentials import credentials_in
from reconciler.sealing.plaintext.found import mark_of


def marks_of(content: bytes) -> tuple[bytes, ...]:
    """First the value's own, and then those of the keys and tokens in it."""
    text = content.decode(errors="replace")
    return (mark_of(content), *(mark_of(c.body.encode()) for c in credentials_in(text)))
