"""A Secret into a SealedSecret that is there already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from reconciler.sealing.certificate import Certificate
from reconciler.sealing.digest_memory import DigestMemory
from reconciler.sealing.seal import check_place, with_values
from reconciler.sealing.sealed_secret import SealedSecret, template_of
from reconciler.sealing.secret import Secret


def merge(
    sealed: SealedSecret, secret: Secret, certificate: Certificate, memory: DigestMemory
) -> SealedSecret:
    """Values, labels and annotations are added or replaced; what the Secret does not say stays."""
    added = template_of(
        type=secret.type,
        immutable=secret.immutable,
        labels=secret.labels,
        annotations=secret.annotations,
        finalizers=secret.finalizers,
    )
    namespace = sealed.namespace or secret.namespace
    check_place(sealed.scope, namespace, sealed.name, sealed.place)
    whole = replace(sealed, namespace=namespace, template=merged(sealed.template, added))
    return with_values(whole, secret.values, certificate, memory)


def merged(old: Any, new: Mapping[str, Any]) -> dict[str, Any]:
    """Both, where `new` counts more."""
    both = dict(old) if isinstance(old, Mapping) else {}
    for key, value in new.items():
        both[key] = merged(both.get(key), value) if isinstance(value, Mapping) else value
    return both
