"""Objects that must be deleted and made again, because a field of them cannot change."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.compare.difference import ObjectChange
from reconciler.promotion.report.risks.before_after import BeforeAfter, risk_of

LOSES_DATA = {"PersistentVolume", "PersistentVolumeClaim"}
TO_DO = {
    "ConfigMap": "give it another name, or let a generator name it after its content",
    "Secret": "give it another name, or let a generator name it after its content",
    "DaemonSet": "delete it first; none of its pods run until it is there again",
    "Deployment": "delete it first; none of its pods run until it is there again",
    "Job": "delete it first, if it is done, or give it another name",
    "PersistentVolumeClaim": "make another claim and copy the data; with this one they go",
    "PersistentVolume": "make another volume and copy the data",
    "Service": "leave the address out of the manifest, or delete it first and lose the address",
    "StatefulSet": "kubectl delete statefulset with --cascade=orphan first: its pods and claims"
    " stay, and it takes them over when it is made again",
    "StorageClass": "give it another name; volumes that are there keep what they have",
}
OTHERWISE = "delete it first; it is not there until it is made again"


def recreations(worlds: BeforeAfter) -> Iterator[Finding]:
    for app, change in worlds.changes():
        if change.recreated:
            identity = change.identity
            lost = identity.kind in LOSES_DATA
            yield risk_of(
                "recreate",
                Severity.error,
                app,
                identity,
                f"{_fields(change)} cannot change in place, so the cluster refuses this"
                + (", and its data go with it" if lost else ""),
                TO_DO.get(identity.kind, OTHERWISE),
            )


def _fields(change: ObjectChange) -> str:
    return " and ".join(change.recreated)
