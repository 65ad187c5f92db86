"""How much one plugin takes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What one plugin takes on at once, and what of it may be how large."""

    workers: int = 16
    requests: int = 500
    seconds: float = 120.0
    packed: int = 64 << 20
    waiting_bytes: int = 256 << 20
