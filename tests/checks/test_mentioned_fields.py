"""What a guard says leads to the field that it is about, if its message repeats the value."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.checks.mentioned_fields import mentioned_field

CONTAINERS = [{"name": "shop", "image": "example/shop:latest"}, {"name": "side", "image": "a:1"}]
OBJECT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "example"},
    "spec": {"template": {"spec": {"containers": CONTAINERS}}},
}


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ("example/shop:latest has no version", "spec.template.spec.containers[0].image"),
        ("shop runs example/shop:latest", "spec.template.spec.containers[0].image"),
        ("the container side has no limits", "spec.template.spec.containers[1].name"),
        ("Deployment example is not allowed", ""),
        ("a:1 is short", ""),
        ("", ""),
    ],
)
def test_the_longest_text_that_is_repeated_is_the_field(message: str, path: str) -> None:
    assert mentioned_field(OBJECT, message) == path
