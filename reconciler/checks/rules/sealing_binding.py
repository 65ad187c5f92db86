from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.sealed import recorded, sealed_secrets
from reconciler.checks.world import World
from reconciler.sealing.scope import Scope


@rule("sealing/binding", Severity.error)
def binding(this: CheckRule, world: World) -> Iterator[Finding]:
    """A SealedSecret was sealed for another name, another namespace or another scope.

    The controller cannot open it. A value is bound to the name and the namespace that it was sealed
    for, and a prefix, a suffix or a namespace that Kustomize sets changes them afterwards. What
    it was sealed for is read from the annotation `reconciler.dev/sealed`; of a SealedSecret without
    one, nothing is known.
    """
    for o, sealed in sealed_secrets(world):
        record = sealed.record
        if record is None or not any(recorded(sealed)):
            continue
        if record.scope is not sealed.scope:
            yield this.finding(
                o,
                "metadata.annotations",
                f"its annotations say {sealed.scope}, and it was sealed {record.scope}",
                f"annotate it as {record.scope}, or seal it again",
            )
        elif record.context != sealed.context:
            same_name = sealed.scope is not Scope.strict or record.context.endswith(f"/{o.name}")
            yield this.finding(
                o,
                "metadata.namespace" if same_name else "metadata.name",
                f"it was sealed for {record.context}, and is {sealed.context} here",
                "seal it for what it is called after Kustomize's transformers",
            )
