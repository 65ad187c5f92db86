"""Risks by their cause: a line each, however many objects have it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from reconciler.checks.finding import Finding, Severity
from reconciler.promotion.report.risks.images import image_without_digest
from reconciler.text.markdown_lists import name, short

SEVERITIES = {
    Severity.error: "**serious**",
    Severity.warning: "worth a look",
    Severity.note: "good to know",
}
MOST_OBJECTS = 12
MOST_SAID = 5


def risk_lines(risks: Sequence[Finding], most: int) -> Iterator[str]:
    """What is serious has a line for each thing that is said of it."""
    causes: dict[tuple[str, ...], list[Finding]] = defaultdict(list)
    for f in risks:
        if image_without_digest(f):
            continue
        apart = f.what if f.severity is Severity.error else ""
        causes[f.severity, f.rule, f.hint, apart].append(f)
    for found in causes.values():
        said = _by(found, "what")
        parts = [f"{_about(alike, most)}: {short(what)}" for what, alike in said.items()]
        shown = parts[: min(most, MOST_SAID)]
        left = len(parts) - len(shown)
        rest = f"; and {left:,} more" if left else ""
        yield f"{SEVERITIES[found[0].severity]}: {'; '.join(shown)}{rest}{to_do(found[0].hint)}"


def digest_line(risks: Sequence[Finding], most: int) -> Iterator[str]:
    """Once for all images: it is how most are named, and no reason to wait."""
    found = [f for f in risks if image_without_digest(f)]
    if not found:
        return
    images = sorted({image_without_digest(f) for f in found})
    shown = images[: min(most, MOST_OBJECTS)]
    left = len(images) - len(shown)
    named = ", ".join(map(name, shown)) + (f" and {left:,} more" if left else "")
    digests = "no digest, so its tag" if len(images) == 1 else "no digests, so their tags"
    has = "has" if len(images) == 1 else "have"
    yield f"{SEVERITIES[Severity.note]}: {named} {has} {digests} may be moved{to_do(found[0].hint)}"


def about(finding: Finding) -> str:
    return _about([finding], 1)


def _about(found: Sequence[Finding], most: int) -> str:
    """The objects, by their apps."""
    shown = found[: min(most, MOST_OBJECTS)]
    texts = []
    for app, alike in _by(shown, "folder").items():
        whose = app.rpartition("/")[2] or str(alike[0].where)
        objects = ", ".join(name(str(f.object)) for f in alike if f.object)
        texts.append(f"{name(whose)} {objects}".strip())
    left = len(found) - len(shown)
    return ", ".join(texts) + (f" and {left:,} more" if left else "")


def _by(found: Sequence[Finding], field: str) -> Mapping[str, list[Finding]]:
    groups: dict[str, list[Finding]] = defaultdict(list)
    for finding in found:
        groups[getattr(finding, field)].append(finding)
    return groups


def to_do(hint: str) -> str:
    return f". *To do: {short(hint)}*" if hint else ""
