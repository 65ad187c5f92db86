"""Fields that an apply would take from somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.cluster.api_errors import status_in

CAUSE = "FieldManagerConflict"
# conflict with "kubectl-edit" with subresource "scale" using apps/v1 at 2026-11-30T22:00:00Z
MANAGER = re.compile(r'^conflict with "((?:[^"\\]|\\.)*)"')
ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class FieldConflict:
    field: str  # as the server writes it: .spec.template.spec.containers[name="web"].image
    manager: str
    message: str


@dataclass(frozen=True, slots=True)
class Conflicts:
    """Nothing was applied, because each of these fields is somebody else's."""

    fields: tuple[FieldConflict, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """The object as the server has it now."""

    object: Mapping[str, Any]
    is_created: bool


def conflicts_in(content: bytes) -> Conflicts | None:
    """None if the server refuses for another reason."""
    details = status_in(content).get("details")
    causes = details.get("causes") if isinstance(details, Mapping) else None
    found = tuple(_conflicts(causes or ()))
    return Conflicts(found) if found else None


def _conflicts(causes: Any) -> Iterator[FieldConflict]:
    for cause in causes:
        if cause.get("reason") == CAUSE:
            message = str(cause.get("message") or "")
            known = MANAGER.match(message)
            manager = ESCAPED.sub(r"\1", known[1]) if known else ""
            yield FieldConflict(str(cause.get("field") or ""), manager, message)
