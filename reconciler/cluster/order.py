"""What is applied before what: waves, and in each what others stand on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Protocol, TypeVar

from reconciler.kubernetes.identity import Identity

DEFINITIONS, NAMESPACES, OBJECTS, HOOKED = range(4)
# What answers for others, once it is there: webhooks and the like come when those who answer do.
LAST = {
    ("apiregistration.k8s.io", "APIService"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
}
# Within a batch they are sent in this order, so that pods find what they mount.
EARLY = (
    *("PriorityClass", "StorageClass", "IngressClass", "ClusterRole", "ClusterRoleBinding"),
    *("PersistentVolume", "ResourceQuota", "LimitRange", "ServiceAccount", "Role", "RoleBinding"),
    *("Secret", "SealedSecret", "ConfigMap", "NetworkPolicy", "PodDisruptionBudget"),
    *("PersistentVolumeClaim", "Service"),
)


class Placed(Protocol):
    """An object with its wave."""

    @property
    def identity(self) -> Identity: ...
    @property
    def wave(self) -> int: ...


T = TypeVar("T", bound=Placed)


def batches(objects: Iterable[T]) -> list[list[T]]:
    """Each begins when the one before is done; all of one may be under way at once."""
    ordered = sorted(objects, key=_rank)
    return [list(batch) for _, batch in groupby(ordered, key=lambda o: _rank(o)[:2])]


def _rank(o: Placed) -> tuple[int, int, int, Identity]:
    kind = o.identity.kind
    early: Sequence[str] = EARLY
    number = early.index(kind) if kind in early else len(early)
    return o.wave, _stage(o.identity), number, o.identity


def _stage(identity: Identity) -> int:
    if (identity.group, identity.kind) == ("apiextensions.k8s.io", "CustomResourceDefinition"):
        return DEFINITIONS
    if (identity.group, identity.kind) == ("", "Namespace"):
        return NAMESPACES
    return HOOKED if (identity.group, identity.kind) in LAST else OBJECTS
