"""What a commit's statuses tell of its gates."""

from __future__ import annotations

import pytest

from reconciler.forges.forge import CommitStatus, StatusVerdict
from reconciler.promotion.gates.statuses import waited_for

OPEN, WAITS, CLOSED = StatusVerdict.success, StatusVerdict.pending, StatusVerdict.failure


@pytest.mark.parametrize(
    ("verdicts", "waits"),
    [
        ({}, None),
        ({"build": WAITS}, None),
        ({"promotion/soak": OPEN, "promotion/all": OPEN}, []),
        ({"promotion/soak": WAITS, "promotion/all": WAITS, "build": CLOSED}, ["soak"]),
        ({"promotion/checks": CLOSED, "promotion/soak": WAITS}, ["checks", "soak"]),
    ],
)
def test_the_gates_that_were_not_open_are_named(
    verdicts: dict[str, StatusVerdict], waits: list[str] | None
) -> None:
    statuses = [CommitStatus(context, verdict, "why") for context, verdict in verdicts.items()]
    assert waited_for(statuses) == waits
