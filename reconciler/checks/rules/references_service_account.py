from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import items, text
from reconciler.kubernetes.objects import Object
from reconciler.text.suggestions import meant


@rule("references/service-account", Severity.error)
def service_account(this: CheckRule, world: World) -> Iterator[Finding]:
    """A pod runs as a ServiceAccount that nothing provides, or a role is given to it.

    Pods of an unknown ServiceAccount are not created at all. Every namespace has `default`.
    """
    for user, path, namespace, name in _references(world):
        if name != "default" and not world.has("ServiceAccount", namespace, name):
            known = [o.name for o in world.of("ServiceAccount") if o.namespace == namespace]
            yield this.missing(
                user,
                path,
                f"there is no ServiceAccount {name} in the namespace {namespace}",
                namespace=namespace,
                meant=meant(name, known),
                otherwise="add it to the app, or declare it as an external",
            )


def _references(world: World) -> Iterator[tuple[Object, str, str, str]]:
    for pods in world.pods:
        for field in ("serviceAccountName", "serviceAccount"):
            if name := text(pods.spec, field):
                yield pods.owner, f"{pods.path}.{field}", pods.owner.namespace, name
                break
    for binding in world.of("RoleBinding", "ClusterRoleBinding", group="rbac.authorization.k8s.io"):
        for i, subject in items(binding.data, "subjects"):
            namespace = text(subject, "namespace") or binding.namespace
            known = any(o.namespace == namespace for o in world.of("ServiceAccount"))
            if text(subject, "kind") == "ServiceAccount" and known:
                yield binding, f"subjects[{i}].name", namespace, text(subject, "name")
