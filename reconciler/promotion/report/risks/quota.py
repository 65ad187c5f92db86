"""What the pods of a namespace ask for in all, before and after, and what it may have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.world import World
from reconciler.kubernetes.access import dig, mapping, text
from reconciler.kubernetes.pods import Container, Pods
from reconciler.kubernetes.quantities import amount
from reconciler.promotion.report.risks.before_after import BeforeAfter, risk

Totals = dict[str, Fraction]
RESOURCES = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
UNITS = ((1 << 40, "Ti"), (1 << 30, "Gi"), (1 << 20, "Mi"), (1 << 10, "Ki"))
NEARLY = Fraction(9, 10)


def quotas(worlds: BeforeAfter) -> Iterator[Finding]:
    """Without a quota there is nothing to hold the totals against."""
    for quota in worlds.after.of("ResourceQuota", group=""):
        if quota.get("spec", "scopes") or quota.get("spec", "scopeSelector"):
            continue
        before, after = (totals(world, quota.namespace) for world in (worlds.before, worlds.after))
        for name, limit in mapping(quota.data, "spec", "hard").items():
            resource = name if "." in name or name == "pods" else f"requests.{name}"
            most, was, now = amount(limit), before.get(resource), after.get(resource)
            if most is None or was is None or now is None or (was == now and now <= most):
                continue
            what = f"{name}: {_written(was, name)} become {_written(now, name)} of {limit}"
            if now > most:
                hint = "raise the quota first, or ask for less: pods beyond it do not start"
                yield risk("quota", Severity.error, quota, what, hint)
            else:
                near = now >= most * NEARLY and now > was
                hint = "an update needs room for more pods than stay" if near else ""
                severity = Severity.warning if near else Severity.note
                yield risk("quota", severity, quota, what, hint)


def totals(world: World, namespace: str) -> Totals:
    """Of the pods whose number is fixed."""
    found: Totals = defaultdict(Fraction)
    for pods in world.pods:
        count = pods.replicas()
        if pods.owner.namespace != namespace or not count:
            continue
        found["pods"] += count
        for resource, each in _of_pod(pods).items():
            found[resource] += count * each
        for resource, each in _claims(pods).items():
            found[resource] += count * each
    for claim in world.of("PersistentVolumeClaim", group=""):
        if claim.namespace == namespace:
            found["persistentvolumeclaims"] += 1
            found["requests.storage"] += amount(dig(claim.data, *SIZE)) or 0
    return {name: found[name] for name in (*RESOURCES, "pods", *CLAIMS)}


SIZE = ("spec", "resources", "requests", "storage")
CLAIMS = ("persistentvolumeclaims", "requests.storage")


def _of_pod(pods: Pods) -> Totals:
    """What runs at the same time; a container that only prepares runs before the others."""
    running: Totals = defaultdict(Fraction)
    for container in pods.running():
        for resource, value in _asked(container).items():
            running[resource] += value
    for container in pods.containers("initContainers"):
        if text(container.data, "restartPolicy") != "Always":
            for resource, value in _asked(container).items():
                running[resource] = max(running[resource], value)
    return running


def _asked(container: Container) -> Mapping[str, Fraction]:
    """A limit without a request is the request, too."""
    found = {}
    for name in RESOURCES:
        field, _, resource = name.partition(".")
        given = amount(dig(container.data, "resources", field, resource))
        if given is None and field == "requests":
            given = amount(dig(container.data, "resources", "limits", resource))
        if given is not None:
            found[name] = given
    return found


def _claims(pods: Pods) -> Totals:
    templates = pods.owner.get("spec", "volumeClaimTemplates")
    found: Totals = defaultdict(Fraction)
    for template in templates if isinstance(templates, list) else ():
        found["persistentvolumeclaims"] += 1
        found["requests.storage"] += amount(dig(template, *SIZE)) or 0
    return found


def _written(value: Fraction, name: str) -> str:
    if "cpu" in name and value.denominator > 1:
        return f"{float(value * 1000):g}m"
    if "memory" in name or "storage" in name:
        for size, unit in UNITS:
            if value >= size:
                return f"{round(float(value / size), 2):g}{unit}"
    return f"{float(value):g}"
