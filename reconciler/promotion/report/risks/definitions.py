"""Versions of custom kinds that go away."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.kubernetes.access import items, text
from reconciler.kubernetes.objects import Object
from reconciler.promotion.report.risks.before_after import BeforeAfter, risk


def lost_versions(worlds: BeforeAfter) -> Iterator[Finding]:
    kinds = worlds.changed("CustomResourceDefinition", group="apiextensions.k8s.io")
    for was, now in kinds:
        if not was:
            continue
        for version in sorted(_versions(was, "served") - _versions(now, "served")):
            what = f"the version {version} is no longer served"
            hint = f"make sure that nothing in the cluster uses {version} or is stored as it"
            yield risk("definition", Severity.error, now, what, hint)
        before, after = (_versions(o, "storage") for o in (was, now))
        if before and after and before != after:
            what = f"objects are stored as {', '.join(sorted(after))} from now on"
            hint = "there is no way back without a conversion: rehearse the rollback"
            yield risk("definition", Severity.warning, now, what, hint)


def _versions(definition: Object, which: str) -> set[str]:
    found = items(definition.data, "spec", "versions")
    return {text(v, "name") for _, v in found if v.get(which) is True}
