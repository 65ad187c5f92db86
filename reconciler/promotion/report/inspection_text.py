"""What an inspection found, in lines with signs, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.promotion.report.inspection import Inspection
from reconciler.promotion.report.missing_secrets import told_as_lacking
from reconciler.text.diff_lines import CHANGED, PLAIN, REMOVED, Line

WORDS = {Severity.error: "serious: ", Severity.warning: "look: ", Severity.note: ""}
SIGNS = {Severity.error: REMOVED, Severity.warning: CHANGED, Severity.note: PLAIN}


def inspection_lines(inspection: Inspection) -> Iterator[Line]:
    """Risks, secrets that lack, and what the checks newly find."""
    for found in inspection.risks:
        yield from _finding(found)
    for secret in inspection.secrets:
        what = f"{secret.entry} lacks the Secret {secret.namespace}/{secret.name}: {secret.why}"
        yield from _said(REMOVED, what, secret.command)
    if certificate := inspection.certificate:
        what = f"nothing of {certificate.environment} was sealed with {certificate.fingerprint} yet"
        yield from _said(
            CHANGED, f"look: {what}, and whoever has its key will read it", certificate.command
        )
    new = [f for f in inspection.new if not told_as_lacking(f, inspection.secrets)]
    for found in new:
        yield from _finding(found, f" [{found.rule}]")
    for app, error in inspection.failed:
        yield from _said(REMOVED, f"{app} cannot be checked: {error.what}", error.hint)
    if not new and not inspection.failed:
        yield Line(PLAIN, "the checks find nothing else that is new")


def _finding(found: Finding, rule: str = "") -> Iterator[Line]:
    app = found.folder.rpartition("/")[2] or str(found.where)
    about = f"{app}: {found.object}" if found.object else app
    what = f"{WORDS[found.severity]}{about}: {found.what}{rule}"
    yield from _said(SIGNS[found.severity], what, found.hint)


def _said(sign: str, what: str, hint: str) -> Iterator[Line]:
    yield Line(sign, what)
    if hint:
        yield Line(PLAIN, f"    to do: {hint}")
