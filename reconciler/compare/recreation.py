"""Fields that a cluster lets nobody change: the object must be deleted and made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.compare.difference import ChangeKind, FieldChange, path_text
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
