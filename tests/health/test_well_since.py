"""An object is as well as it is since the last thing that is known to have happened to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.health.well_since import well_since


def at(hour: int) -> str:
    return f"2026-11-18T{hour:02}:00:00Z"


def written(hour: int, manager: str = "kubectl", subresource: str = "") -> dict[str, Any]:
    return {"manager": manager, "time": at(hour), "subresource": subresource}


def turned(kind: str, hour: int, **more: str) -> dict[str, Any]:
    return {"type": kind, "status": "True", "lastTransitionTime": at(hour), **more}


STATUS = written(9, "kube-controller-manager", "status")
SCALED = written(9, "kube-controller-manager", "scale")


@pytest.mark.parametrize(
    ("kind", "owners", "conditions", "hour"),
    [
        ("ConfigMap", [written(1), written(3, "helm"), written(2)], [], 3),
        ("ConfigMap", [], [], None),
        ("Deployment", [written(1), STATUS], [turned("Available", 2)], 2),
        ("Deployment", [written(5)], [turned("Available", 2)], 5),
        ("Deployment", [written(1), SCALED], [], 1),
        ("Deployment", [written(1), written(4, subresource="scale")], [], 4),
        # a rollout ends, while the condition was true all along
        ("Deployment", [written(1)], [turned("Progressing", 2, lastUpdateTime=at(6))], 6),
        ("Widget", [written(1)], [turned("Ready", 2), turned("Polished", 8)], 2),
        ("StatefulSet", [written(1), STATUS], [], 9),
        ("Deployment", [], [turned("Available", 2)], None),
        ("Deployment", [written(1)], [{"type": "Available", "lastTransitionTime": "soon"}], 1),
    ],
)
def test_the_last_that_happened_counts(
    kind: str, owners: list[Any], conditions: list[Any], hour: int | None
) -> None:
    found = well_since(
        {
            "kind": kind,
            "metadata": {"managedFields": owners},
            "status": {"conditions": conditions},
        }
    )
    assert found == (None if hour is None else datetime(2026, 11, 18, hour, tzinfo=UTC))
