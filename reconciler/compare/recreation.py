"""Fields that a cluster lets nobody change: the object must be deleted and made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.compare.difference import ChangeKind, FieldChange, path_text
from reconciler.compare.projection import as_said
from reconciler.kubernetes.access import dig
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.immutable_fields import IMMUTABLE

FROZEN_BY_CHOICE = ("binaryData", "data", "stringData")


def recreated_by(
    identity: Identity, before: Mapping[str, object], changes: Sequence[FieldChange]
) -> tuple[str, ...]:
    """The changed fields for which this object has to be made again."""
    fields = IMMUTABLE.get((identity.group, identity.kind), ())
    if identity.kind in ("ConfigMap", "Secret") and before.get("immutable") is True:
        fields += FROZEN_BY_CHOICE
    real = [
        path_text(c.path)
        for c in changes
        if c.kind not in (ChangeKind.respelled, ChangeKind.follows)
    ]
    return tuple(f for f in fields if any(p == f or p.startswith((f"{f}.", f"{f}[")) for p in real))


def frozen_in(
    identity: Identity, live: Mapping[str, Any], said: Mapping[str, Any]
) -> tuple[str, ...]:
    """The fields that cannot change, of which something else is said than is live."""
    known = as_said(live, said)
    fields = (field.split(".") for field in IMMUTABLE.get((identity.group, identity.kind), ()))
    return tuple(".".join(f) for f in fields if dig(said, *f) != dig(known, *f))
