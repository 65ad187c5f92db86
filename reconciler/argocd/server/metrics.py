"""What Prometheus is told."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram

from reconciler.argocd.server.plugin_events import PluginEvent
from reconciler.daemon.process_metrics import process_registry
from reconciler.kubernetes.domain import METRICS_PREFIX

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
BYTES = tuple(4.0**n for n in range(5, 14))

PREFIX = f"{METRICS_PREFIX}_plugin"


class PluginMetrics:
    """Everything that the page on metrics lists."""

    def __init__(self, version: str, kernel_starts: Callable[[], int]) -> None:
        self.registry = process_registry(PREFIX, version)
        self._requests = Counter(
            f"{PREFIX}_requests",
            "Requests that ended, by method and gRPC status.",
            ["method", "code"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            f"{PREFIX}_request_seconds",
            "From the first byte of a request to its end.",
            ["method"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._answer = Histogram(
            f"{PREFIX}_answer_seconds",
            "From the last byte of a request to its end.",
            ["method"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._archives = Counter(
            f"{PREFIX}_archives",
            "Streamed repositories, by whether what they hold was known.",
            ["cache"],
            registry=self.registry,
        )
        self._archive_bytes = Histogram(
            f"{PREFIX}_archive_bytes",
            "The size of streamed repositories, as they come in.",
            buckets=BYTES,
            registry=self.registry,
        )
        self._renders = Counter(
            f"{PREFIX}_renders",
            "Rendered folders, by whether the cache had them.",
            ["cache"],
            registry=self.registry,
        )
        self._open = Gauge(
            f"{PREFIX}_open_requests",
            "Requests that arrive, wait or are worked on.",
            registry=self.registry,
        )
        starts = Gauge(
            f"{PREFIX}_kernel_starts",
            "How often a kernel for many renders was started; more than twice is a restart.",
            registry=self.registry,
        )
        starts.set_function(kernel_starts)

    def waiting(self, requests: int) -> None:
        self._open.set(requests)

    def saw(self, event: PluginEvent, requests: int) -> None:
        self._open.set(requests)
        self._requests.labels(event.method, event.code).inc()
        self._seconds.labels(event.method).observe(event.seconds)
        if event.size:
            self._answer.labels(event.method).observe(event.seconds - event.arrival)
            self._archives.labels("hit" if event.known else "miss").inc()
            self._archive_bytes.observe(event.size)
        if event.renders:
            self._renders.labels("hit").inc(event.cached)
            self._renders.labels("miss").inc(event.renders - event.cached)
