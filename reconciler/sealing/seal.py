"""Secrets to SealedSecrets."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from datetime import UTC, datetime

from reconciler.errors import Place, SealingError
from reconciler.sealing.certificate import Certificate
from reconciler.sealing.digest_memory import DigestMemory, NoDigests
from reconciler.sealing.envelope import Plain, seal_value
from reconciler.sealing.scope import Scope, scope_of
from reconciler.sealing.seal_record import SealedItem, SealRecord, hash_of
from reconciler.sealing.sealed_secret import SealedSecret, template_of
from reconciler.sealing.secret import Secret

FORGETFUL = NoDigests()


def seal(
    secret: Secret,
    certificate: Certificate,
    scope: Scope | None = None,
    memory: DigestMemory = FORGETFUL,
) -> SealedSecret:
    """The whole secret; its scope is what its annotations say if none is given."""
    scope = scope or scope_of(secret.annotations)
    check_place(scope, secret.namespace, secret.name, secret.place)
    fresh = SealedSecret(
        secret.name,
        secret.namespace,
        template=template_of(
            type=secret.type,
            immutable=secret.immutable,
            labels=secret.labels,
            annotations=secret.annotations,
            finalizers=secret.finalizers,
        ),
        annotations=scope.annotations,
        place=secret.place,
    )
    return with_values(fresh, secret.values, certificate, memory)


def with_values(
    sealed: SealedSecret,
    values: Mapping[str, Plain],
    certificate: Certificate,
    memory: DigestMemory = FORGETFUL,
    *,
    without: Set[str] = frozenset(),
    afresh: bool = False,
) -> SealedSecret:
    """The same SealedSecret with these values, and `without` others.

    A value that is known to be unchanged keeps its ciphertext, unless all are wanted `afresh`.
    """
    kept = {key: text for key, text in sealed.encrypted.items() if key not in without}
    record = record_for(sealed)
    items = {key: item for key, text in kept.items() if (item := record.of(key, text))}
    scope, context = sealed.scope, sealed.context
    for key, plain in values.items():
        about = (scope, context, key, plain)
        item = items.get(key)
        known = item is not None and memory.recalls(item, *about)
        if afresh or item is None or not known:
            kept[key] = seal_value(certificate.key, plain, context)
            since = item.since if item and known else today()
            item = SealedItem(certificate.fingerprint, hash_of(kept[key]), since)
            memory.note(item, *about)
        items[key] = replace(item, digest=memory.published(item, *about))
    whole = replace(sealed, encrypted=kept)
    return whole.noting(SealRecord(scope, context, items))


def check_place(scope: Scope, namespace: str, name: str, where: Place | None) -> None:
    """Values are bound to a namespace, unless they are for all of the cluster."""
    if scope is not Scope.cluster_wide and not namespace:
        raise SealingError(
            f"the Secret {name} has no namespace",
            where=where,
            why=f"a {scope} secret opens in its namespace only",
            hint="write metadata.namespace, or name one with --namespace",
        )


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def record_for(sealed: SealedSecret) -> SealRecord:
    """What is known of the values, if they are bound to what the SealedSecret says now."""
    record = sealed.record
    if record and (record.scope, record.context) == (sealed.scope, sealed.context):
        return record
    return SealRecord(sealed.scope, sealed.context)
