"""What Prometheus is told."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from reconciler.bot.observe_round import Failed
from reconciler.bot.rollout import RolloutReport
from reconciler.bot.round import Happened, Removed
from reconciler.daemon.process_metrics import process_registry
from reconciler.kubernetes.domain import METRICS_PREFIX
from reconciler.promotion.pull_request.advance import End, PromotionOutcome

SECONDS = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600)

PREFIX = f"{METRICS_PREFIX}_bot"


class BotMetrics:
    def __init__(self, version: str) -> None:
        self.registry = process_registry(PREFIX, version)
        self._rounds = Counter(
            f"{PREFIX}_rounds",
            "Rounds that ended: done, failed, or left to another replica.",
            ["outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            f"{PREFIX}_round_seconds",
            "How long rounds take.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self._last = Gauge(
            f"{PREFIX}_last_round_timestamp_seconds",
            "When the last round was done.",
            registry=self.registry,
        )
        self._done = Counter(
            f"{PREFIX}_pull_requests",
            "What became of pull requests: created, merged, superseded.",
            ["target", "event"],
            registry=self.registry,
        )
        self._open = Gauge(
            f"{PREFIX}_open_pull_requests",
            "Open ones at the end of the last round, by how their gates stand.",
            ["target", "state"],
            registry=self.registry,
        )
        self._gates = Gauge(
            f"{PREFIX}_gates",
            "Gates of open pull requests that do not let them pass.",
            ["target", "gate", "state"],
            registry=self.registry,
        )
        self._rollouts = Gauge(
            f"{PREFIX}_rollouts",
            "Rollouts that are followed, by how they stand.",
            ["target", "state"],
            registry=self.registry,
        )
        self._failures = Counter(
            f"{PREFIX}_failures", "Things that could not be done.", registry=self.registry
        )
        self._webhooks = Counter(
            f"{PREFIX}_webhooks",
            "Deliveries, by how they were answered.",
            ["answer"],
            registry=self.registry,
        )
        for outcome in ("done", "failed", "left"):
            self._rounds.labels(outcome)

    def delivered(self, answer: str) -> None:
        self._webhooks.labels(answer).inc()

    def left(self) -> None:
        self._rounds.labels("left").inc()

    def ended(self, happened: list[Happened], seconds: float, now: float, *, well: bool) -> None:
        self._rounds.labels("done" if well else "failed").inc()
        self._seconds.observe(seconds)
        if not well:
            return
        self._last.set(now)
        for gauge in (self._open, self._gates, self._rollouts):
            gauge.clear()
        for event in happened:
            self._count(event)

    def _count(self, event: Happened) -> None:
        match event:
            case PromotionOutcome():
                self._outcome(event)
            case RolloutReport():
                target = event.rollout.request.target
                self._rollouts.labels(target, event.state.value).inc()
            case Failed():
                self._failures.inc()
            case Removed():
                pass

    def _outcome(self, event: PromotionOutcome) -> None:
        target = event.request.target
        if event.created:
            self._done.labels(target, "created").inc()
        if event.superseded:
            self._done.labels(target, "superseded").inc(len(event.superseded))
        if event.end is End.merged:
            self._done.labels(target, "merged").inc()
        elif event.end is End.proposed:
            closed = [result for result in event.results if not result.passes]
            unopenable = any(result.is_closed for result in closed)
            state = "closed" if unopenable else "waiting" if closed else "open"
            self._open.labels(target, state).inc()
            for result in closed:
                self._gates.labels(target, result.name, result.state.value).inc()
