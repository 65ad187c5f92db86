"""The line of a comment that lets a promotion pass a gate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

COMMAND = "/override"


@dataclass(frozen=True, slots=True)
class Override:
    """Who lets a promotion pass which gates, and why."""

    gates: tuple[str, ...]
    reason: str
    by: str


def line(gates: str, commit: str, reason: str) -> str:
    """What somebody writes, or pastes, to let a promotion pass."""
    return f"{COMMAND} {gates} {commit} {reason}"


def typed_line(source: str, target: str, apps: Iterable[str]) -> str:
    """What somebody types, where there is no page to write a comment on."""
    names = " ".join(apps) or "--all"
    return f"reconciler promote {source} {target} {names} --override GATE --reason TEXT"


def line_of(override: Override, commit: str) -> str:
    return line(",".join(override.gates), commit, " ".join(override.reason.split()))
