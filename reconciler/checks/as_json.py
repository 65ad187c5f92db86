"""A report as JSON; docs/reference/json.md describes the shape."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.checks.check import CheckReport
from reconciler.checks.finding import Finding
from reconciler.text.json_object import JsonObject


def document(reports: Sequence[CheckReport]) -> JsonObject:
    """Version 1 of this shape only ever gains fields."""
    return {
        "version": 1,
        "apps": sum(r.apps for r in reports),
        "objects": sum(r.objects for r in reports),
        "ignored": sum(len(r.ignored) for r in reports),
        "findings": [finding_document(f) for r in reports for f in r.findings],
        "errors": [{"path": app, **error.as_json()} for r in reports for app, error in r.failed],
    }


def finding_document(finding: Finding) -> JsonObject:
    about, where = finding.object, finding.where
    return {
        "rule": finding.rule,
        "severity": str(finding.severity),
        "what": finding.what,
        "hint": finding.hint or None,
        "app": finding.folder or None,
        "object": about
        and {
            "group": about.group,
            "kind": about.kind,
            "namespace": about.namespace or None,
            "name": about.name,
        },
        "path": finding.path or None,
        "file": where.file if where else None,
        "line": (where.line or None) if where else None,
        "column": (where.column or None) if where else None,
    }
