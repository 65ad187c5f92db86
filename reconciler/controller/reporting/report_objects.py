"""What is said of an app, as the objects that `kubectl get rapp,renv` shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reconciler.cluster.reconciled_apps import (
    APP,
    ENVIRONMENT,
    ENVIRONMENT_LABEL,
    SYSTEM_NAMESPACE,
    VERSION,
    app_key,
)
from reconciler.controller.app_record import AppRecord
from reconciler.controller.reporting.app_report import MAX_FAILING, AppReport, Standing
from reconciler.controller.reporting.release_history import AppliedReleases, written_time
from reconciler.controller.why_held import Suspension
from reconciler.kubernetes.access import mapping, text
from reconciler.kubernetes.domain import DOMAIN
from reconciler.model.entry import Entry
from reconciler.text.json_object import JsonObject

REQUESTED = f"{DOMAIN}/requested-at"
SHORT = 10
MAX_MESSAGE = 1_000

BROKEN = (Standing.failed, Standing.refused, Standing.degraded, Standing.gone_back)

Transitions = Mapping[str, tuple[str, str]]  # a condition's status, and since when


def app_object(entry: Entry) -> JsonObject:
    """Without its status, which is written by itself."""
    return {
        **_named(APP, app_key(entry), entry.environment),
        "spec": {"environment": entry.environment, "app": entry.app},
    }


def app_status_object(
    app: AppRecord,
    report: AppReport,
    generation: int,
    before: Transitions,
    releases: AppliedReleases,
    now: datetime,
) -> JsonObject:
    drifted, refused = len(app.drift), len(app.refused)
    objects = {
        "summary": f"{report.healthy}/{report.applied}",
        "applied": report.applied,
        "healthy": report.healthy,
        "drifted": drifted,
        "refused": refused,
    }
    found = {
        "observedGeneration": generation,
        "commit": report.commit,
        "shortCommit": report.commit[:SHORT],
        "lastHealthyCommit": app.there.last_well if app.there else "",
        "healthySince": written_time(app.well_since) if app.well_since else "",
        "lastHandledReconcileAt": app.handled,
        "failing": [
            {
                "group": one.identity.group,
                "kind": one.identity.kind,
                "namespace": one.identity.namespace,
                "name": one.identity.name,
                "state": one.state,
                "reason": one.reason[:MAX_MESSAGE],
            }
            for one in report.failing[:MAX_FAILING]
        ],
        "history": [release.as_json for release in releases],
    }
    conditions = [_condition(*one, generation, before, now) for one in _conditions(app, report)]
    said = {name: value for name, value in found.items() if value}
    status = {**said, "objects": objects, "conditions": conditions}
    return {**_named(APP, app_key(app.entry), app.entry.environment), "status": status}


def environment_object(name: str) -> JsonObject:
    return _named(ENVIRONMENT, name, name)


def environment_status_object(
    name: str, commit: str, apps: int, standings: Sequence[str], problem: str
) -> JsonObject:
    status = {
        "commit": commit,
        "shortCommit": commit[:SHORT],
        "apps": apps,
        "ready": standings.count(Standing.ready),
        "drifted": standings.count(Standing.drifted),
        "failed": sum(standing in BROKEN for standing in standings),
        **({"message": problem[:MAX_MESSAGE]} if problem else {}),
    }
    return {**environment_object(name), "status": status}


def transitions_of(found: Mapping[str, Any]) -> Transitions:
    """As another process may have written them."""
    conditions = mapping(found, "status").get("conditions") or ()
    return {text(c, "type"): (text(c, "status"), text(c, "lastTransitionTime")) for c in conditions}


def suspension_of(found: Mapping[str, Any]) -> Suspension | None:
    """A time that nobody can read means: until it is resumed."""
    suspend = mapping(found, "spec").get("suspend")
    if not isinstance(suspend, dict):
        return None
    try:
        until = datetime.fromisoformat(text(suspend, "until"))
    except ValueError:
        until = None
    if until and until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return Suspension(text(suspend, "by"), text(suspend, "reason"), until)


def requested_of(found: Mapping[str, Any]) -> str:
    return text(found, "metadata", "annotations", REQUESTED)


def _conditions(app: AppRecord, report: AppReport) -> Iterable[tuple[str, bool, str, str]]:
    """kstatus reads the first three."""
    standing, said = report.standing, report.said
    goes_on = standing in (Standing.progressing, Standing.dependency)
    stuck = app.error is not None and not getattr(app.error, "transient", False)
    drifted = f"{len(app.drift)} of {report.applied} objects" if app.drift else "none"
    yield "Ready", report.is_ready, standing, said
    yield "Reconciling", goes_on, standing if goes_on else "Idle", said if goes_on else ""
    yield "Stalled", stuck, "NotApplied" if stuck else "NotStalled", said if stuck else ""
    well = app.status.is_healthy and bool(app.synced)
    yield "Healthy", well, "Healthy" if well else "NotHealthy", "" if well else said
    yield "Drifted", bool(app.drift), "Drifted" if app.drift else "AsInGit", drifted
    held, why = (app.hold.reason, app.hold.said) if app.hold else ("NotHeld", "")
    yield "Held", app.hold is not None, held, why


def _condition(
    kind: str,
    is_true: bool,
    reason: str,
    message: str,
    generation: int,
    before: Transitions,
    now: datetime,
) -> JsonObject:
    status = "True" if is_true else "False"
    was, since = before.get(kind, ("", ""))
    return {
        "type": kind,
        "status": status,
        "observedGeneration": generation,
        "lastTransitionTime": since if was == status and since else written_time(now),
        "reason": str(reason),
        "message": message[:MAX_MESSAGE],
    }


def _named(kind: str, name: str, environment: str) -> JsonObject:
    labels = {ENVIRONMENT_LABEL: environment}
    metadata = {"name": name, "namespace": SYSTEM_NAMESPACE, "labels": labels}
    return {"apiVersion": VERSION, "kind": kind, "metadata": metadata}
