"""What a request gets: the content type aside, a status and a body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SimulatedRequest:
    method: str
    path: str
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class SimulatedAnswer:
    status: int
    body: bytes
    content: str = "application/json"


def as_json(value: Any, status: int = 200) -> SimulatedAnswer:
    return SimulatedAnswer(status, json.dumps(value).encode() + b"\n")


def as_metrics(values: Mapping[str, float]) -> SimulatedAnswer:
    """Prometheus' text format; all are gauges."""
    lines = []
    for name, value in values.items():
        family = name.partition("{")[0]
        lines += [f"# TYPE {family} gauge", f"{name} {value}"]
    text = "\n".join(["# A simulation: no real node is behind these numbers.", *lines, ""])
    return SimulatedAnswer(200, text.encode(), "text/plain; version=0.0.4")


NOT_FOUND = as_json({"code": 404, "message": "the simulation does not know this path"}, 404)
