"""Workloads that have fewer pods afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.autoscalers import is_scaled
from reconciler.checks.finding import Finding, Severity
from reconciler.kubernetes.access import number
from reconciler.kubernetes.objects import Object
from reconciler.promotion.report.risks.before_after import BeforeAfter, risk


def drops(worlds: BeforeAfter) -> Iterator[Finding]:
    for was, now in worlds.pods():
        if was and not is_scaled(now.owner, worlds.after):
            yield from _drop(now.owner, was.replicas(), now.replicas(), "pods")
    for before, after in worlds.changed("HorizontalPodAutoscaler", group="autoscaling"):
        if before:
            yield from _drop(after, _fewest(before), _fewest(after), "pods at the least")


def _fewest(scaler: Object) -> int:
    found = number(scaler.data, "spec", "minReplicas")
    return 1 if found is None else found


def _drop(about: Object, was: int | None, now: int | None, what: str) -> Iterator[Finding]:
    if was is None or now is None or now >= was:
        return
    severity = Severity.warning if now else Severity.error
    said = f"from {was} to {now} {what}" if now else f"from {was} to 0 {what}: it stops"
    yield risk("replicas", severity, about, said, "make sure that the rest can carry the load")
