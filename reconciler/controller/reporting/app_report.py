"""What there is to say of an app as it is, for whoever looks at the cluster: by the facts alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from reconciler.cluster.inventory.record import ItemState
from reconciler.cluster.status.state import ObjectState
from reconciler.controller.app_record import AppRecord
from reconciler.kubernetes.identity import Identity

MAX_FAILING = 20  # of more, only the number


class Standing(StrEnum):
    """Why an app is ready or not: the first that fits counts."""

    suspended = "Suspended"
    failed = "NotApplied"
    refused = "Refused"
    outside_hours = "OutsideHours"
    dependency = "DependencyNotReady"
    progressing = "Progressing"
    degraded = "Degraded"
    drifted = "Drifted"
    gone_back = "RolledBack"
    ready = "Ready"


@dataclass(frozen=True, slots=True)
class FailingObject:
    identity: Identity
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class AppReport:
    standing: Standing
    said: str
    commit: str
    applied: int
    healthy: int
    failing: tuple[FailingObject, ...]  # and what was refused, or drifted
    is_well: bool

    @property
    def is_ready(self) -> bool:
        return self.standing is Standing.ready


def report_of(app: AppRecord) -> AppReport:
    standing, said = next(_standings(app))
    applied = sum(item.state is ItemState.applied for item in app.items.values())
    failing = sorted(_failing(app), key=lambda one: one.identity)
    return AppReport(
        standing,
        said,
        app.commit,
        applied,
        len(app.status.objects) - len(app.status.unhealthy),
        tuple(failing),
        app.is_well,
    )


def _standings(app: AppRecord) -> Iterator[tuple[Standing, str]]:
    if app.hold:
        yield Standing(app.hold.reason.value), app.hold.said
    if app.error:
        yield Standing.failed, app.error.in_a_line
    if app.refused:
        identity, why = app.refused[0]
        yield Standing.refused, f"{identity}: {why}{_more(len(app.refused))}"
    worse = sorted(app.status.unhealthy.items())
    for identity, status in worse:
        if status.state is ObjectState.degraded:
            yield Standing.degraded, f"{identity}: {status.reason}{_more(len(worse))}"
    if app.waits:
        yield Standing.progressing, app.waits
    if app.is_syncing or not app.synced:
        yield Standing.progressing, "it is applied"
    for identity, status in worse:
        yield Standing.progressing, f"{identity}: {status.reason}{_more(len(worse))}"
    for identity, drift in sorted(app.drift.items()):
        who = f" by {drift.manager}" if drift.manager else ""
        did = "deleted" if drift.is_gone else "changed"
        yield Standing.drifted, f"{identity} was {did}{who}{_more(len(app.drift))}"
    if app.gone_back:
        failed, to = (commit[:10] for commit in (app.gone_back.failed, app.gone_back.to))
        yield Standing.gone_back, f"{failed} did not become well, so {to} runs"
    yield Standing.ready, "as Git says, and well"


def _failing(app: AppRecord) -> Iterator[FailingObject]:
    for identity, why in app.refused:
        yield FailingObject(identity, "Refused", why)
    for identity, status in app.status.unhealthy.items():
        yield FailingObject(identity, status.state.value.capitalize(), status.reason)
    for identity, drift in app.drift.items():
        yield FailingObject(identity, "Drifted", drift.manager)


def _more(number: int) -> str:
    return f", and {number - 1:,} more" if number > 1 else ""
