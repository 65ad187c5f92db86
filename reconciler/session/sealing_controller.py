"""The controller and the cluster that a command speaks to."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.cluster.kubeconfig import Context, Kubeconfig, read_kubeconfig
from reconciler.errors import UsageError
from reconciler.model.environment import Environment, SealingSettings
from reconciler.session.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.sealing.controller import Controller


@dataclass(frozen=True, slots=True)
class WantedCluster:
    """What was typed about the cluster."""

    controller: str | None = None
    kubeconfig: str | None = None
    context: str | None = None

    def service(self, environment: Environment | None) -> str:
        sealing = environment.sealing if environment else SealingSettings()
        return self.controller or sealing.controller

    def is_named_by_files(self, environment: Environment) -> bool:
        """Do files say at which address it is, and not who types, or their kubeconfig?"""
        return not self.controller and _is_url(self.service(environment))


def open_controller(
    settings: Settings, wanted: WantedCluster, environment: Environment | None
) -> Controller:
    from reconciler.sealing.controller import controller_at, controller_in

    service = wanted.service(environment)
    if _is_url(service):
        return controller_at(service)
    if service.count("/") != 1:
        raise UsageError(f"{service} is not a service", hint="write NAMESPACE/NAME, or a URL")
    return controller_in(context_for(settings, wanted, environment), service, settings.variables)


def _is_url(service: str) -> bool:
    return service.startswith(("http://", "https://"))


def context_for(
    settings: Settings, wanted: WantedCluster, environment: Environment | None
) -> Context:
    """The cluster of the environment; never just the one that happens to be chosen."""
    files = [wanted.kubeconfig] if wanted.kubeconfig else settings.kubeconfig_files
    config = read_kubeconfig(files)
    if wanted.context or environment is None:
        return config.context(wanted.context or "")
    return _of_environment(config, environment)


def _of_environment(config: Kubeconfig, environment: Environment) -> Context:
    destination = environment.destination
    found = config.of_cluster(destination.cluster, destination.server)
    if found:
        return found
    known = ", ".join(sorted(config.contexts)) or "none"
    raise UsageError(
        f"no context of the kubeconfig is called {destination.cluster}, as the cluster of "
        f"{environment.name} is",
        why="what is meant for one cluster is wrong in any other",
        hint=f"name it with --context; there are: {known}",
    )
