"""Stretches of time, in their order, none of which touch."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

Span = tuple[datetime, datetime]
Spans = tuple[Span, ...]


def joined(spans: Iterable[Span]) -> Spans:
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return tuple(found)


def common(some: Spans, others: Spans) -> Spans:
    """What is in both."""
    return joined((max(a, c), min(b, d)) for a, b in some for c, d in others)


def total(spans: Spans) -> timedelta:
    return sum((end - begin for begin, end in spans), timedelta())
