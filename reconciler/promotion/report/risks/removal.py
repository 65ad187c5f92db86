"""Objects that are not there any more: whatever deploys the app may delete them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.checks.finding import Finding, Severity
from reconciler.compare.difference import ObjectChange
from reconciler.promotion.report.risks.before_after import BeforeAfter, risk_of

LOST = {
    "CustomResourceDefinition": "every object of its kind in the cluster is deleted with it",
    "Namespace": "everything in it is deleted with it",
    "PersistentVolume": "what is stored in it may be deleted with it",
    "PersistentVolumeClaim": "what is stored in it is deleted with it",
}
STOPS = {
    "CronJob": "it does not run any more",
    "DaemonSet": "its pods stop",
    "Deployment": "its pods stop",
    "Ingress": "nothing is reached through it any more",
    "SealedSecret": "its Secret is deleted with it",
    "Secret": "what reads it does not start again",
    "Service": "nothing is reached through it any more",
    "StatefulSet": "its pods stop",
}
KEEPS = "argocd.argoproj.io/sync-options"


def removals(worlds: BeforeAfter) -> Iterator[Finding]:
    for app, change in worlds.changes():
        if change.after is not None or change.before is None:
            continue
        kind = change.before.kind
        severity, what = Severity.note, "it is removed"
        if kind in LOST:
            severity, what = Severity.error, f"it is removed, and {LOST[kind]}"
        elif kind in STOPS:
            severity, what = Severity.warning, f"it is removed: {STOPS[kind]}"
        hint = "back it up, or keep it in the overlay" if kind in LOST else ""
        if _stays(change):
            severity, what = Severity.note, "it is removed here, and stays in the cluster"
            hint = f"its {KEEPS} says Prune=false: delete it by hand, if nobody needs it"
        yield risk_of("removed", severity, app, change.before, what, hint)


def _stays(change: ObjectChange) -> bool:
    metadata = (change.body or {}).get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    said = annotations.get(KEEPS) if isinstance(annotations, Mapping) else None
    return isinstance(said, str) and "Prune=false" in said.replace(" ", "").split(",")
