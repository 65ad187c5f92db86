"""What somebody applied to an object, and Git says no more."""

from __future__ import annotations

import json
from collections.abc import Iterator

from reconciler.cluster.field_paths import value_at
from reconciler.cluster.ownership import APPLY, is_controller, owners_of
from reconciler.kubernetes.access import Data, text
from reconciler.kubernetes.masking import LAST_APPLIED, Mask
from reconciler.kubernetes.structure import Structure
from reconciler.kubernetes.unlike_fields import unlike_fields
from reconciler.kubernetes.values import ABSENT

OF_THE_SERVER = (".metadata", ".status", ".apiVersion", ".kind")


def fields_gone_from_git(git: Data, live: Data, structure: Structure) -> Iterator[str]:
    """By what kubectl notes of it in the object, or the server of who applies on its side."""
    for path in (*_noted(git, live, structure), *_held(git, live)):
        if value_at(live, path) is not ABSENT:
            yield path


def _noted(git: Data, live: Data, structure: Structure) -> Iterator[str]:
    try:
        applied = json.loads(text(live, "metadata", "annotations", LAST_APPLIED))
    except (ValueError, RecursionError):
        return
    if isinstance(applied, dict):
        mask = Mask()
        for field in unlike_fields(mask.object(applied), mask.object(git), structure):
            if field.cluster is ABSENT and not field.path.startswith(OF_THE_SERVER):
                yield field.path


def _held(git: Data, live: Data) -> Iterator[str]:
    """Who applies nothing of what Git says has fields of its own in somebody else's object."""
    for owner in owners_of(live["metadata"]):
        if owner.operation == APPLY and not owner.subresource and not is_controller(owner.manager):
            paths = [path for path in owner.paths if _counts(path)]
            gone = [path for path in paths if value_at(git, path) is ABSENT]
            if len(gone) < len(paths):
                yield from gone


def _counts(path: str) -> bool:
    return bool(path) and not path.startswith(OF_THE_SERVER)
