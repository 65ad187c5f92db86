from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import dig, items
from reconciler.kubernetes.objects import Object
from reconciler.kubernetes.selectors import Selector, selector_of


@rule("network/selector", Severity.note)
def selector(this: CheckRule, world: World) -> Iterator[Finding]:
    """A NetworkPolicy is for pods that are not there, or lets such pods in or out.

    It does no harm, and does not do what it was written for either. Pods are looked for in all
    apps of the environment, in the policy's namespace; peers in other namespaces are not looked
    at.
    """
    for policy in world.of("NetworkPolicy", group="networking.k8s.io"):
        for path, wanted in _selectors(policy):
            if wanted and not world.selected(policy.namespace, wanted):
                yield this.missing(
                    policy,
                    path,
                    f"no pod in the namespace {policy.namespace} has the labels {wanted}",
                    namespace=policy.namespace,
                    otherwise="compare them with the labels of the pod template",
                )


def _selectors(policy: Object) -> Iterator[tuple[str, Selector]]:
    yield "spec.podSelector", selector_of(policy.get("spec", "podSelector"))
    for direction, field in (("ingress", "from"), ("egress", "to")):
        for i, allowed in items(policy.data, "spec", direction):
            for j, peer in items(allowed, field):
                if dig(peer, "namespaceSelector") is None:
                    path = f"spec.{direction}[{i}].{field}[{j}].podSelector"
                    yield path, selector_of(dig(peer, "podSelector"))
