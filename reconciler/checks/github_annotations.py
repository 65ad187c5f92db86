"""Findings as the commands with which a GitHub workflow puts them beside the lines of a change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.checks.finding import Finding, Severity
from reconciler.errors import printable

COMMANDS = {Severity.error: "error", Severity.warning: "warning", Severity.note: "notice"}


def commands(findings: Sequence[Finding]) -> Iterator[str]:
    for f in findings:
        properties = {}
        if f.where and not f.where.file.startswith("//"):  # in a commit there is no line to show
            properties["file"] = f.where.file
            if f.where.line:
                properties["line"] = str(f.where.line)
            if f.where.column:
                properties["col"] = str(f.where.column)
        properties["title"] = f.rule
        said = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        yield f"::{COMMANDS[f.severity]} {said}::{_data(message(f))}"


def message(finding: Finding) -> str:
    """All that there is to say, in some lines."""
    about = f"{finding.object}" + (f", {finding.path}" if finding.path else "")
    lines = [finding.what]
    if finding.object:
        lines.append(f"{finding.folder}: {about}" if finding.folder else about)
    elif finding.folder:
        lines.append(finding.folder)
    if finding.hint:
        lines.append(f"To do: {finding.hint}")
    return "\n".join(printable(line) for line in lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
