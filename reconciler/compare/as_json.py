"""A report as JSON; docs/reference/json.md describes the shape."""

from __future__ import annotations

from typing import Any

from reconciler.compare.app_differences import AppDifference
from reconciler.compare.difference import (
    Counts,
    FieldChange,
    ListItem,
    ObjectChange,
    Path,
    Rename,
    path_text,
)
from reconciler.compare.report import ComparisonReport, NewCertificate, Side
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.values import ABSENT, hides, plain
from reconciler.text.json_object import JsonObject


def document(report: ComparisonReport) -> JsonObject:
    """Version 1 of this shape only ever gains fields."""
    return {
        "version": 1,
        "from": _side(report.before),
        "to": _side(report.after),
        "compared": report.compared,
        "counts": _counts(report.counts()),
        "apps": [app_document(app) for app in report.apps],
        "certificates": [_certificate(c) for c in report.certificates],
    }


def _side(side: Side) -> JsonObject:
    return {
        "revision": side.revision,
        "commit": side.commit,
        "environment": side.environment,
    }


def _certificate(certificate: NewCertificate) -> JsonObject:
    return {
        "environment": certificate.environment,
        "file": certificate.file,
        "fingerprint": certificate.fingerprint or None,
        "why": certificate.why or None,
    }


def _counts(counts: Counts) -> JsonObject:
    return {
        "added": counts.added,
        "changed": counts.changed,
        "removed": counts.removed,
        "recreated": counts.recreated,
    }


def app_document(app: AppDifference) -> JsonObject:
    return {
        "path": app.pair.name,
        "from_path": app.pair.before,
        "to_path": app.pair.after,
        "change": app.change,
        "counts": _counts(app.difference.counts()),
        "files": list(app.files),
        "from_error": app.failed_before.as_json() if app.failed_before else None,
        "to_error": app.failed_after.as_json() if app.failed_after else None,
        "reordered": app.difference.reordered,
        "renames": [_rename(rename) for rename in app.difference.renames],
        "objects": [object_document(change) for change in app.difference.objects],
    }


def _rename(rename: Rename) -> JsonObject:
    return {
        **identity_document(rename.what),
        "from_name": rename.before,
        "to_name": rename.after,
        "used_by": [identity_document(user) for user in rename.used_by],
    }


def identity_document(identity: Identity) -> JsonObject:
    return {
        "group": identity.group,
        "kind": identity.kind,
        "namespace": identity.namespace,
        "name": identity.name,
    }


def object_document(change: ObjectChange) -> JsonObject:
    found: JsonObject = {
        **identity_document(change.identity),
        "change": change.kind,
        "from_name": change.before.name if change.before else None,
        "recreated_by": list(change.recreated),
        "fields": [change_document(field) for field in (*change.changes, *change.follows)],
    }
    if change.body is not None:
        found["object"] = plain(change.body)
    return found


def change_document(change: FieldChange) -> JsonObject:
    found: JsonObject = {
        "path": path_text(change.path),
        "steps": _steps(change.path),
        "change": change.kind.value,
        "note": change.note or None,
        "hidden": hides(change.before) or hides(change.after),
    }
    if change.before is not ABSENT:
        found["from"] = plain(change.before)
    if change.after is not ABSENT:
        found["to"] = plain(change.after)
    if change.hunks:
        found["hunks"] = [
            {"from_line": h.before, "to_line": h.after, "lines": list(h.lines)}
            for h in change.hunks
        ]
    return found


def _steps(path: Path) -> list[Any]:
    return [
        {"label": step.label, "by": list(step.by), "from": step.before, "to": step.after}
        if isinstance(step, ListItem)
        else step
        for step in path
    ]
