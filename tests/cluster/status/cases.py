"""What the table of cases says: kinds, and how objects of them are in each case."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from reconciler.cluster.status.rules import RULES

TABLE = Path(__file__).parent / "cases.yaml"
ANY_OTHER = "Any other kind"
GROUPS = {kind: group for group, kind in RULES}


@dataclass(frozen=True, slots=True)
class Case:
    when: str
    is_: str
    why: str
    parts: dict[str, Any]  # of the object: its spec and status
    metadata: dict[str, Any]

    def of(self, kind: str) -> dict[str, Any]:
        """An object of this kind; its version does not matter."""
        group = GROUPS.get(kind, "example.org")
        version = f"{group}/v1" if group else "v1"
        named = "Widget" if kind == ANY_OTHER else kind
        return {"apiVersion": version, "kind": named, "metadata": self.metadata, **self.parts}


def cases() -> dict[tuple[str, ...], list[Case]]:
    """By the kinds that they hold for."""
    found = yaml.safe_load(TABLE.read_text())
    return {tuple(kinds.split(", ")): [_case(one) for one in some] for kinds, some in found.items()}


def _case(said: dict[str, Any]) -> Case:
    metadata: dict[str, Any] = {"name": "x", "generation": said.get("generation", 1)}
    metadata["annotations"] = said.get("annotations", {})
    if said.get("deleted"):
        metadata["deletionTimestamp"] = "2026-11-30T22:00:00Z"
    parts: dict[str, Any] = {part: said[part] for part in ("spec", "status") if part in said}
    return Case(said["when"], said["is"], said.get("why", ""), parts, metadata)
