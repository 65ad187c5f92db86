"""Where a sealed secret can be opened."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

CLUSTER_WIDE = "sealedsecrets.bitnami.com/cluster-wide"
NAMESPACE_WIDE = "sealedsecrets.bitnami.com/namespace-wide"
ANNOTATIONS = (CLUSTER_WIDE, NAMESPACE_WIDE)


class Scope(StrEnum):
    strict = "strict"
    namespace_wide = "namespace-wide"
    cluster_wide = "cluster-wide"

    @property
    def annotations(self) -> dict[str, str]:
        """What tells the controller of this scope."""
        match self:
            case Scope.cluster_wide:
                return {CLUSTER_WIDE: "true"}
            case Scope.namespace_wide:
                return {NAMESPACE_WIDE: "true"}
        return {}

    def context(self, namespace: str, name: str) -> str:
        """What a value is bound to: it opens nowhere else."""
        match self:
            case Scope.cluster_wide:
                return ""
            case Scope.namespace_wide:
                return namespace
        return f"{namespace}/{name}"


def scope_of(annotations: Mapping[str, str]) -> Scope:
    """The scope that the controller takes from these annotations."""
    if annotations.get(CLUSTER_WIDE) == "true":
        return Scope.cluster_wide
    if annotations.get(NAMESPACE_WIDE) == "true":
        return Scope.namespace_wide
    return Scope.strict
