"""The same values under a newer certificate, or for another environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reconciler.errors import SealingError
from reconciler.sealing.certificate import Certificate
from reconciler.sealing.controller import Controller
from reconciler.sealing.digest_memory import DigestMemory
from reconciler.sealing.envelope import seal_value
from reconciler.sealing.keys import PrivateKey, opened
from reconciler.sealing.seal import record_for
from reconciler.sealing.seal_record import SealedItem, hash_of
from reconciler.sealing.sealed_secret import SealedSecret
from reconciler.sealing.secret import wipe


def stale_keys(sealed: SealedSecret, certificate: Certificate) -> list[str]:
    """The values that are not known to be sealed with this certificate."""
    record = record_for(sealed)
    items = {key: record.of(key, text) for key, text in sealed.encrypted.items()}
    return sorted(
        key
        for key, item in items.items()
        if item is None or item.fingerprint != certificate.fingerprint
    )


def by_controller(
    sealed: SealedSecret, controller: Controller, certificate: Certificate, memory: DigestMemory
) -> SealedSecret:
    """Re-encrypted by the cluster that can open it; nobody here sees a value."""
    stale = stale_keys(sealed, certificate)
    if not stale:
        return sealed
    fresh = controller.rotated(sealed)
    return _with(sealed, {key: fresh[key] for key in stale}, certificate, memory)


def by_keys(
    sealed: SealedSecret, keys: Sequence[PrivateKey], certificate: Certificate, memory: DigestMemory
) -> SealedSecret:
    """Opened and sealed again here, by whoever has the private keys."""
    stale = stale_keys(sealed, certificate)
    some = replace(sealed, encrypted={key: sealed.encrypted[key] for key in stale})
    fresh = {}
    for key, plain in opened(some, keys).items():
        fresh[key] = seal_value(certificate.key, plain, sealed.context)
        wipe(plain)
    return _with(sealed, fresh, certificate, memory)


def check_same(certificate: Certificate, newest: Certificate, name: str) -> None:
    """What the controller sealed with must be what the repository will say of it."""
    if certificate.fingerprint != newest.fingerprint:
        raise SealingError(
            "the controller got a new key while this was going on",
            why=f"it is {certificate.fingerprint}",
            hint=f"reconciler seal rotate {name}, once more",
        )


def _with(
    sealed: SealedSecret, fresh: Mapping[str, str], certificate: Certificate, memory: DigestMemory
) -> SealedSecret:
    """With these ciphertexts, and all that was known of their plaintexts."""
    if not fresh:
        return sealed
    record = record_for(sealed)
    known = {key: record.of(key, text) for key, text in sealed.encrypted.items()}
    items = {key: item for key, item in known.items() if item}
    for key, text in fresh.items():
        before = known[key]
        after = SealedItem(certificate.fingerprint, hash_of(text))
        if before:
            after = replace(after, since=before.since, digest=before.digest)
            memory.carry(before, after)
        items[key] = after
    whole = replace(sealed, encrypted={**sealed.encrypted, **fresh})
    return whole.noting(replace(record, items=items))
