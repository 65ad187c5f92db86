"""Fields that a cluster lets nobody change: the object must be deleted and made again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reconciler.compare.difference import Change, Identity, Kind, path_text

# By group and kind; a field stands for all below it. From the API server's own validation.
IMMUTABLE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "PersistentVolume"): (
        "spec.csi",
        "spec.hostPath",
        "spec.local",
        "spec.nfs",
        "spec.volumeMode",
    ),
    ("", "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.dataSource",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeMode",
        "spec.volumeName",
    ),
    ("", "Secret"): ("type",),
    ("", "Service"): ("spec.clusterIP", "spec.clusterIPs"),
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "ReplicaSet"): ("spec.selector",),
    ("apps", "StatefulSet"): (
        "spec.podManagementPolicy",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    ("batch", "Job"): ("spec.completionMode", "spec.selector", "spec.template"),
    ("networking.k8s.io", "IngressClass"): ("spec.controller",),
    ("node.k8s.io", "RuntimeClass"): ("handler",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("scheduling.k8s.io", "PriorityClass"): ("value",),
    ("storage.k8s.io", "CSIDriver"): ("spec.attachRequired",),
    ("storage.k8s.io", "StorageClass"): (
        "parameters",
        "provisioner",
        "reclaimPolicy",
        "volumeBindingMode",
    ),
}
FROZEN_BY_CHOICE = ("binaryData", "data", "stringData")


def recreated_by(
    identity: Identity, before: Mapping[str, object], changes: Sequence[Change]
) -> tuple[str, ...]:
    """The changed fields for which this object has to be made again."""
    fields = IMMUTABLE.get((identity.group, identity.kind), ())
    if identity.kind in ("ConfigMap", "Secret") and before.get("immutable") is True:
        fields += FROZEN_BY_CHOICE
    real = [path_text(c.path) for c in changes if c.kind not in (Kind.respelled, Kind.follows)]
    return tuple(f for f in fields if any(p == f or p.startswith((f"{f}.", f"{f}[")) for p in real))
