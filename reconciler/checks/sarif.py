"""Findings in SARIF 2.1.0, which code hosts and editors read."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import quote

from reconciler import __version__
from reconciler.checks.catalogue import RULES, known
from reconciler.checks.finding import Finding, Severity
from reconciler.checks.github_annotations import message
from reconciler.checks.rule import CheckRule
from reconciler.text.json_object import JsonObject

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.error: "error", Severity.warning: "warning", Severity.note: "note"}


def sarif(findings: Sequence[Finding]) -> JsonObject:
    used = {f.rule for f in findings}
    rules = [r for r in RULES if r.id in used]
    rules += [known(name) for name in sorted(used - {r.id for r in RULES})]
    number = {r.id: i for i, r in enumerate(rules)}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "reconciler",
                        "semanticVersion": __version__,
                        "rules": [_rule(r) for r in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(f, number[f.rule]) for f in findings],
            }
        ],
    }


def _rule(rule: CheckRule) -> JsonObject:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.title},
        "help": {"text": rule.explanation, "markdown": rule.explanation},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }


def _result(finding: Finding, rule: int) -> JsonObject:
    location: JsonObject = {"physicalLocation": _place(finding)}
    if finding.object:
        location["logicalLocations"] = [
            {
                "name": finding.object.name,
                "fullyQualifiedName": "/".join(
                    filter(None, [finding.folder, str(finding.object), finding.path])
                ),
                "kind": "resource",
            }
        ]
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": message(finding)},
        "locations": [location],
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
    }


def _place(finding: Finding) -> JsonObject:
    """A file of the repository: of what is in a commit, the folder that pins it."""
    where = finding.where
    if where is None or where.file.startswith("//"):
        return {
            "artifactLocation": {"uri": quote(f"{finding.folder}/kustomization.yaml".lstrip("/"))}
        }
    place: JsonObject = {"artifactLocation": {"uri": quote(where.file)}}
    if where.line:
        place["region"] = {"startLine": where.line}
        if where.column:
            place["region"]["startColumn"] = where.column
    return place


def _fingerprint(finding: Finding) -> str:
    """The same as long as the finding is: lines move."""
    parts = (finding.rule, finding.folder, str(finding.object), finding.path, finding.what)
    return sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()[:32]
