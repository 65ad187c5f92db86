from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.text.suggestions import meant

OF_EVERY_CLUSTER = ("admin", "cluster-admin", "edit", "view")


@rule("references/role", Severity.error)
def role(this: CheckRule, world: World) -> Iterator[Finding]:
    """A binding gives a role that nothing provides.

    Nobody gets any permission from it. Every cluster has the ClusterRoles `admin`,
    `cluster-admin`, `edit`, `view`, and those that begin with `system:`.
    """
    for binding in world.of("RoleBinding", "ClusterRoleBinding", group="rbac.authorization.k8s.io"):
        kind, name = binding.text("roleRef", "kind"), binding.text("roleRef", "name")
        namespace = binding.namespace if kind == "Role" else ""
        if kind == "ClusterRole" and (name in OF_EVERY_CLUSTER or name.startswith("system:")):
            continue
        if kind in ("Role", "ClusterRole") and name and not world.has(kind, namespace, name):
            known = [o.name for o in world.of(kind) if o.namespace == namespace]
            yield this.missing(
                binding,
                "roleRef.name",
                f"there is no {kind} {name}",
                namespace=namespace,
                meant=meant(name, known),
                otherwise="add it to the app, or declare it as an external",
            )
