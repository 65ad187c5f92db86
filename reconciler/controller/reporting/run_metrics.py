"""What Prometheus is told of clusters that are kept as Git says. No label names an object."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from reconciler.controller.app_event import AppEvent, Happening
from reconciler.controller.reporting.app_report import AppReport
from reconciler.daemon.process_metrics import process_registry
from reconciler.kubernetes.domain import METRICS_PREFIX
from reconciler.model.entry import Entry

PREFIX = f"{METRICS_PREFIX}_run"
SECONDS = (1, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600)
SYNCS = (Happening.applied, Happening.applied_in_part, Happening.not_applied)

Reports = Callable[[], Mapping[Entry, AppReport]]


class RunMetrics:
    """Counts what happens; how apps stand is asked for when somebody looks."""

    def __init__(self, version: str, environments: Collection[str], reports: Reports) -> None:
        self.registry = process_registry(PREFIX, version)
        self._syncs = self._counter("syncs", "Syncs that did something.", "environment", "result")
        self._drift = self._counter(
            "drift",
            "Objects that somebody changed or deleted in the cluster.",
            *("environment", "manager"),
        )
        self._refused = self._counter(
            "refused_objects",
            "Objects that the cluster refused, or that others hold.",
            "environment",
        )
        self._rollbacks = self._counter(
            "rollbacks", "Releases that were taken back.", "environment"
        )
        self._unread = self._counter("git_failures", "Looks at Git that failed.")
        self._webhooks = self._counter(
            "webhooks", "Deliveries, by how they were answered.", "answer"
        )
        self._seconds = Histogram(
            f"{PREFIX}_seconds_to_healthy",
            "From when a release was applied until all of it was well.",
            ["environment"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.registry.register(_Standing(reports))
        self._begin(environments)

    def _begin(self, environments: Collection[str]) -> None:
        """What is there only once it happened has not risen, for Prometheus."""
        for environment in environments:
            for what in SYNCS:
                self._syncs.labels(environment, what.reason)
            self._refused.labels(environment)
            self._rollbacks.labels(environment)

    def _counter(self, name: str, said: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", said, labels, registry=self.registry)

    def delivered(self, answer: str) -> None:
        self._webhooks.labels(answer).inc()

    def happened(self, event: AppEvent) -> None:
        environment = event.entry.environment
        if event.what in SYNCS:
            self._syncs.labels(environment, event.what.reason).inc()
        match event.what:
            case Happening.changed | Happening.deleted:
                manager = str(event.fields.get("by") or "unknown")
                self._drift.labels(environment, manager).inc()
            case Happening.refused:
                self._refused.labels(environment).inc()
            case Happening.rolled_back:
                self._rollbacks.labels(environment).inc()
            case Happening.well:
                self._seconds.labels(environment).observe(float(event.fields["seconds"]))
            case Happening.git_unread:
                self._unread.inc()


class _Standing(Collector):
    """One series for each app, so that it can be joined and alerted on."""

    def __init__(self, reports: Reports) -> None:
        self._reports = reports

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return self._families({})

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return self._families(self._reports())

    def _families(self, reports: Mapping[Entry, AppReport]) -> Iterator[GaugeMetricFamily]:
        labels = ["environment", "app"]
        ready = GaugeMetricFamily(
            f"{PREFIX}_app_ready", "Is it as Git says, and well?", labels=[*labels, "reason"]
        )
        applied = GaugeMetricFamily(f"{PREFIX}_app_objects", "Objects applied.", labels=labels)
        failing = GaugeMetricFamily(
            f"{PREFIX}_app_failing_objects",
            "Objects that are refused, not well or changed by somebody.",
            labels=labels,
        )
        for entry, report in sorted(reports.items(), key=lambda pair: str(pair[0])):
            names = [entry.environment, entry.app]
            ready.add_metric([*names, report.standing.value], float(report.is_ready))
            applied.add_metric(names, report.applied)
            failing.add_metric(names, len(report.failing))
        yield from (ready, applied, failing)
