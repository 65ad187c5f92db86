"""Which rule says how a kind is."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.cluster.status import conditions, platform, workloads
from reconciler.cluster.status.state import (
    HEALTHY,
    Kind,
    LiveObject,
    ObjectStatus,
    kind_of,
    progressing,
)
from reconciler.kubernetes.access import dig

RULES: dict[Kind, Callable[[LiveObject], ObjectStatus]] = {
    ("", "Namespace"): platform.namespace,
    ("", "PersistentVolume"): platform.volume,
    ("", "PersistentVolumeClaim"): platform.claim,
    ("", "Pod"): workloads.pod,
    ("", "ReplicationController"): workloads.replica_set,
    ("", "Service"): platform.service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): platform.definition,
    ("apiregistration.k8s.io", "APIService"): platform.api_service,
    ("apps", "DaemonSet"): workloads.daemon_set,
    ("apps", "Deployment"): workloads.deployment,
    ("apps", "ReplicaSet"): workloads.replica_set,
    ("apps", "StatefulSet"): workloads.stateful_set,
    ("autoscaling", "HorizontalPodAutoscaler"): platform.autoscaler,
    ("batch", "CronJob"): workloads.cron_job,
    ("batch", "Job"): workloads.job,
    ("argoproj.io", "Rollout"): workloads.rollout,
    ("bitnami.com", "SealedSecret"): conditions.sealed_secret,
    ("cert-manager.io", "Certificate"): conditions.certificate,
    ("cert-manager.io", "ClusterIssuer"): conditions.ready,
    ("cert-manager.io", "Issuer"): conditions.ready,
    ("external-secrets.io", "ClusterSecretStore"): conditions.ready,
    ("external-secrets.io", "ExternalSecret"): conditions.ready,
    ("external-secrets.io", "SecretStore"): conditions.ready,
    ("gateway.networking.k8s.io", "GRPCRoute"): platform.route,
    ("gateway.networking.k8s.io", "Gateway"): platform.gateway,
    ("gateway.networking.k8s.io", "HTTPRoute"): platform.route,
    ("gateway.networking.k8s.io", "TCPRoute"): platform.route,
    ("gateway.networking.k8s.io", "TLSRoute"): platform.route,
    ("gateway.networking.k8s.io", "UDPRoute"): platform.route,
    ("keda.sh", "ScaledJob"): conditions.scaled,
    ("keda.sh", "ScaledObject"): conditions.scaled,
    ("networking.k8s.io", "Ingress"): platform.ingress,
    ("snapshot.storage.k8s.io", "VolumeSnapshot"): platform.snapshot,
}
# Of these nothing is ever written but what somebody applied, so nobody has to look.
WITHOUT_STATUS = {
    *(("", kind) for kind in ("ConfigMap", "LimitRange", "Secret", "ServiceAccount")),
    *(("rbac.authorization.k8s.io", kind) for kind in ("ClusterRole", "ClusterRoleBinding")),
    *(("rbac.authorization.k8s.io", kind) for kind in ("Role", "RoleBinding")),
    ("networking.k8s.io", "NetworkPolicy"),
    ("networking.k8s.io", "IngressClass"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "StorageClass"),
}


def status_of_object(o: LiveObject) -> ObjectStatus:
    """By its kind's own rule, else by the conditions that most controllers write."""
    if dig(o, "metadata", "deletionTimestamp"):
        return progressing("it is being deleted")
    kind = kind_of(o)
    if kind in WITHOUT_STATUS:
        return HEALTHY
    return RULES.get(kind, conditions.by_custom)(o)
