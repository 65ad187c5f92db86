"""Images that come, and may be another one tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.kubernetes.access import text
from reconciler.kubernetes.pods import Pods
from reconciler.promotion.report.risks.before_after import SAID, BeforeAfter, risk

PIN = "pin it: name:tag@sha256:…"
BEFORE, AFTER = "the image ", " has no digest, so its tag may be moved"


def unpinned(worlds: BeforeAfter) -> Iterator[Finding]:
    for was, now in worlds.pods():
        had = images_of(was) if was else set()
        for image in sorted(images_of(now) - had):
            if "@sha256:" in image:
                continue
            tag = image.rpartition("/")[2].partition(":")[2]
            if tag in ("", "latest"):
                what = f"the image {image} is whatever was pushed last"
                yield risk("image", Severity.warning, now.owner, what, PIN)
            else:
                yield risk("image", Severity.note, now.owner, f"{BEFORE}{image}{AFTER}", PIN)


def image_without_digest(finding: Finding) -> str:
    """The one that a risk of this kind is about; nothing of another risk."""
    if (finding.rule, finding.severity) != (f"{SAID}image", Severity.note):
        return ""
    return finding.what.removeprefix(BEFORE).removesuffix(AFTER)


def images_of(pods: Pods) -> set[str]:
    found = {text(container.data, "image") for container in pods.containers()}
    return found - {""}
