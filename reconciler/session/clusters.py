"""The cluster of an environment, by what was typed, its file and the kubeconfig."""

from __future__ import annotations

from reconciler.cluster.api_access import Access, access_of
from reconciler.model.environment import Environment
from reconciler.session.sealing_controller import WantedCluster, context_for
from reconciler.session.settings import Settings


def access_for(
    settings: Settings, environment: Environment, kubeconfig: str | None, context: str | None
) -> Access:
    """Never just the cluster that happens to be chosen."""
    wanted = WantedCluster(None, kubeconfig, context)
    return access_of(context_for(settings, wanted, environment), settings.variables)
