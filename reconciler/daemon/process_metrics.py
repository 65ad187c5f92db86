"""What Prometheus is told of a process that stays, whatever it does."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector


def process_registry(prefix: str, version: str) -> CollectorRegistry:
    """With the version, the Python, and what the process takes of the machine."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    Gauge(f"{prefix}_info", "The version.", ["version"], registry=registry).labels(version).set(1)
    return registry
