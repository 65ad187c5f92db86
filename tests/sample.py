"""A small repository to try things on: one base, and apps that use it."""

from __future__ import annotations

CONFIG = """apiVersion: v1
kind: ConfigMap
metadata:
  name: config
data:
  a: b
"""

BASE = {"base/kustomization.yaml": "resources:\n- config.yaml\n", "base/config.yaml": CONFIG}


def apps(count: int, base: str = "base") -> dict[str, str]:
    """Apps that put a prefix before what the base holds."""
    up = "../" * 2
    return {
        f"apps/app{i}/kustomization.yaml": f"namePrefix: app{i}-\nresources:\n- {up}{base}\n"
        for i in range(count)
    }


def repository(count: int) -> dict[str, str]:
    return BASE | apps(count)


def rendered(number: int, value: str = "b") -> bytes:
    """What an app's manifest is."""
    name = f"app{number}-config"
    text = f"apiVersion: v1\ndata:\n  a: {value}\nkind: ConfigMap\nmetadata:\n  name: {name}\n"
    return text.encode()
