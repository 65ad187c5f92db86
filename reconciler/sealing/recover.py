"""Secrets out of SealedSecrets, for whoever holds the private keys."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from reconciler.sealing.keys import PrivateKey, opened
from reconciler.sealing.sealed_secret import SealedSecret

FROM_TEMPLATE = ("labels", "annotations", "finalizers")


def secret_of(sealed: SealedSecret, keys: Sequence[PrivateKey]) -> dict[str, Any]:
    """The Secret that was sealed; what a template makes of its values only the controller does."""
    template = sealed.template
    inner = template.get("metadata") or {}
    metadata: dict[str, Any] = {"name": sealed.name}
    if sealed.namespace:
        metadata["namespace"] = sealed.namespace
    metadata |= {name: inner[name] for name in FROM_TEMPLATE if inner.get(name)}
    if sealed.scope.annotations:
        metadata["annotations"] = {**metadata.get("annotations", {}), **sealed.scope.annotations}
    plain = opened(sealed, keys)
    data = {key: base64.b64encode(value).decode() for key, value in plain.items()}
    found: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
    found |= {name: template[name] for name in ("type", "immutable") if name in template}
    return {**found, "data": data}
