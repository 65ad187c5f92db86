"""The line of a comment that lets a promotion pass a gate."""

from __future__ import annotations

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


def line_of(override: Override, commit: str) -> str:
    return line(",".join(override.gates), commit, " ".join(override.reason.split()))
