"""Which kinds are Kubernetes' own."""

from __future__ import annotations

# Beside the groups without a dot. Others of k8s.io are of custom kinds: a gateway, a snapshot.
GROUPS = frozenset(
    f"{name}.k8s.io"
    for name in (
        *("admissionregistration", "apiextensions", "apiregistration", "authentication"),
        *("authorization", "certificates", "coordination", "discovery", "events"),
        *("flowcontrol.apiserver", "internal.apiserver", "networking", "node"),
        *("rbac.authorization", "resource", "scheduling", "storage", "storagemigration"),
    )
)


def is_built_in(group: str) -> bool:
    return "." not in group or group in GROUPS
