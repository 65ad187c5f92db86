"""What is live, cut down to what is said of it: the rest is the server's."""

from __future__ import annotations

from typing import Any


def as_said(live: Any, said: Any) -> Any:
    if isinstance(live, dict) and isinstance(said, dict):
        return {key: as_said(live[key], said[key]) for key in said if key in live}
    if isinstance(live, list) and isinstance(said, list) and len(live) == len(said):
        return [as_said(a, b) for a, b in zip(live, said, strict=True)]
    return live
