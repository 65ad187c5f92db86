"""By what a release is known again that was refused or rolled back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256

from reconciler.promotion.plan.field_decisions import ABSENT, Decision
from reconciler.promotion.plan.plan import Plan

DIGITS = 16
IMAGE = "image:"  # what the mark of an image alone begins with


def of_edits(decisions: Iterable[Decision]) -> str:
    """Of the values that fields get, whatever they had before."""
    values = sorted((str(d.address), None if d.source is ABSENT else d.source) for d in decisions)
    return of_bytes(json.dumps(values, default=str, sort_keys=True).encode())


def of_bytes(content: bytes) -> str:
    return sha256(content).hexdigest()[:DIGITS]


def of_image(image: str) -> str:
    return f"{IMAGE}{of_bytes(image.encode())}"


def of_plan(plan: Plan) -> str:
    """Of all that it would bring."""
    steps = sorted((step.app, of_edits(step.edits)) for step in plan.due)
    return of_bytes(json.dumps(steps).encode())
