"""Claims of storage that grow, shrink, or come."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.kubernetes.access import dig
from reconciler.kubernetes.objects import Object
from reconciler.kubernetes.quantities import amount
from reconciler.promotion.report.risks.before_after import BeforeAfter, risk

SIZE = ("spec", "resources", "requests", "storage")


def claims(worlds: BeforeAfter) -> Iterator[Finding]:
    for was, now in worlds.changed("PersistentVolumeClaim", group=""):
        if was:
            yield from _resized(was, now)
    for was, now in worlds.changed("StorageClass", group="storage.k8s.io"):
        if was and was.get("allowVolumeExpansion") is True and not now.get("allowVolumeExpansion"):
            what = "volumes of this class can no longer grow"
            yield risk("storage", Severity.warning, now, what, "keep allowVolumeExpansion")


def _resized(was: Object, now: Object) -> Iterator[Finding]:
    sizes = [dig(o.data, *SIZE) for o in (was, now)]
    before, after = map(amount, sizes)
    if before is None or after is None or before == after:
        return
    change = f"from {sizes[0]} to {sizes[1]}"
    if after < before:
        what = f"it shrinks {change}, which no cluster takes"
        yield risk("storage", Severity.error, now, what, "make a smaller claim and copy the data")
    else:
        what = f"it grows {change}, and never shrinks again"
        hint = "make sure that its StorageClass has allowVolumeExpansion: true"
        yield risk("storage", Severity.note, now, what, hint)
