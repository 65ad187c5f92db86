from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.cluster.annotations import read_annotations
from reconciler.kubernetes.access import mapping
from reconciler.text.suggestions import listing


@rule("annotations/unknown-value", Severity.warning)
def unknown_value(this: CheckRule, world: World) -> Iterator[Finding]:
    """An annotation that says how an object is applied has a value that nobody understands.

    Those of Argo CD, Flux and Helm that `reconciler apply` honours, and its own. What says
    something of deleting in such words keeps the object; a hook of such a name never runs; all
    else has no effect.
    """
    for o in world.objects:
        metadata = mapping(o.data, "metadata")
        for unknown in read_annotations(metadata)[1]:
            where = "annotations" if unknown.name in mapping(metadata, "annotations") else "labels"
            yield this.finding(
                o,
                f"metadata.{where}[{unknown.name}]",
                f"nobody understands {unknown.value}",
                f"it may be {listing(unknown.known, 'or')}",
            )
