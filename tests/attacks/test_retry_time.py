"""Heavy requests of one user cost the others a share of the machine, and no more of their time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.argocd.conftest import start as start
from tests.attacks.sidecar import User, beside, crowd

SECONDS = 6


@pytest.mark.parametrize(
    ("requests", "project"), [(2, "lab"), (8, "lab"), (24, "lab"), (8, "shop")]
)
def test_heavy_requests_delay_others_by_less_than_one_of_them_takes(
    start: Callable[..., Any], requests: int, project: str
) -> None:
    """More of them than are worked on at once; also those of another app of the same project."""
    with start("--timeout", str(SECONDS)) as plugin:
        victim = User(plugin, "shop")
        attacks = [(User(plugin, project, "heavy"), crowd(n), "top") for n in range(requests)]
        found = beside(victim, attacks)
        assert all("DEADLINE_EXCEEDED" in answer for answer in found.answers)
        assert found.worst < SECONDS
        assert found.attack_seconds < 3 * SECONDS
