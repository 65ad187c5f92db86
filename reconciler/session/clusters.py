"""The cluster of an environment, by what was typed, its file and the kubeconfig."""

from __future__ import annotations

from reconciler.cluster.api_access import Access, access_of
from reconciler.cluster.in_pod import access_in_pod
from reconciler.model.environment import Environment
from reconciler.session.sealing_controller import WantedCluster, context_for
from reconciler.session.settings import Settings


def access_for(
    settings: Settings,
    environment: Environment,
    kubeconfig: str | None,
    context: str | None,
    *,
    in_cluster: bool = False,
) -> Access:
    """Never just the cluster that happens to be chosen: one's own, too, only if it is named."""
    if in_cluster:
        return access_in_pod(settings.variables)
    wanted = WantedCluster(None, kubeconfig, context)
    return access_of(context_for(settings, wanted, environment), settings.variables)
