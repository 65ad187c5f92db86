"""What is known of each sealed value without opening it.

An annotation on the SealedSecret, which the controller does not look at, says what the values are
bound to and with which certificate each was sealed. A line counts only for the ciphertext that it
names, so a value that something else wrote is known to be unknown. Where a team has a key for it,
a digest says whether the plaintext is still the same.

    strict shop/api
    password SHA256:… ciphertext:0f3a… since:2026-11-21 digest:77aa…:9b1c…
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.sealing.scope import Scope

ANNOTATION = "reconciler/sealed"
CIPHERTEXT = "ciphertext:"
SINCE = "since:"
DIGEST = "digest:"


@dataclass(frozen=True, slots=True)
class SealedItem:
    """How a value was sealed."""

    fingerprint: str  # of the certificate
    ciphertext: str  # the hash of what came out
    since: str = ""  # the day when the plaintext was last changed
    digest: str = ""  # "ID:HMAC", of the plaintext; "" if none is published


@dataclass(frozen=True, slots=True)
class SealRecord:
    """How all values of a SealedSecret were sealed."""

    scope: Scope
    context: str
    items: Mapping[str, SealedItem] = field(default_factory=dict)

    def of(self, key: str, ciphertext: str) -> SealedItem | None:
        """What is known of this value, if the record speaks of just this ciphertext."""
        item = self.items.get(key)
        return item if item and item.ciphertext == hash_of(ciphertext) else None

    def text(self) -> str:
        lines = [f"{self.scope} {self.context}".rstrip()]
        lines += [_line(key, self.items[key]) for key in sorted(self.items)]
        return "\n".join(lines) + "\n"


def read_record(text: str) -> SealRecord | None:
    """What an annotation says; none if it was not written here, or was spoilt."""
    first, *lines = text.splitlines() or [""]
    scope, _, context = first.partition(" ")
    if scope not in set(Scope):
        return None
    items = {}
    for line in lines:
        key, fingerprint, *words = line.split(" ") if " " in line else (line, "")
        found = {word.partition(":")[0] + ":": word.partition(":")[2] for word in words}
        if CIPHERTEXT in found:
            details = (found[CIPHERTEXT], found.get(SINCE, ""), found.get(DIGEST, ""))
            items[key] = SealedItem(fingerprint, *details)
    return SealRecord(Scope(scope), context, items)


def hash_of(ciphertext: str) -> str:
    return hashlib.sha256(ciphertext.encode()).hexdigest()[:32]


def _line(key: str, item: SealedItem) -> str:
    words = [key, item.fingerprint, CIPHERTEXT + item.ciphertext]
    words += [SINCE + item.since] if item.since else []
    words += [DIGEST + item.digest] if item.digest else []
    return " ".join(words)
