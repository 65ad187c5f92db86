from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.sealed import sealed_secrets
from reconciler.checks.world import World
from reconciler.kubernetes.access import mapping
from reconciler.sealing.scope import ANNOTATIONS


@rule("sealing/scope", Severity.error)
def scope(this: CheckRule, world: World) -> Iterator[Finding]:
    """The annotations of a SealedSecret do not say what somebody meant by them.

    The scope is what the SealedSecret's own annotations say, with the value "true" and nothing
    else. One on its template has no effect there, and of two the wider counts.
    """
    for o, sealed in sealed_secrets(world):
        own = mapping(o.data, "metadata", "annotations")
        on_template = mapping(sealed.template, "metadata", "annotations")
        given = [name for name in ANNOTATIONS if name in own]
        at = "metadata.annotations"
        if len(given) > 1:
            yield this.finding(o, at, "it has both scopes", f"remove {given[1]}, or {given[0]}")
        for name in given:
            if own[name] != "true":
                what = f'{name} has no effect: its value is not the text "true"'
                yield this.finding(o, at, what, "write that, or remove it")
        for name in ANNOTATIONS:
            if name in on_template and name not in own:
                what = f"{name} has no effect on the template"
                yield this.finding(
                    o, f"spec.template.{at}", what, "annotate the SealedSecret itself"
                )
