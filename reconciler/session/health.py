"""Where health is known, reached with what the user has: kubeconfigs and proxies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from netrc import NetrcParseError, netrc

from reconciler.cluster.blocking_client import connect
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.errors import ClusterError, Place, UsageError
from reconciler.git.addresses import LOOPBACK, is_confidential
from reconciler.health.sources import HealthSources
from reconciler.session.settings import Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    import httpx

    from reconciler.cluster.blocking_client import BlockingApiClient
    from reconciler.model.environment import Environment

ANY_HOST = "default"  # as the library calls it


def open_sources(settings: Settings) -> HealthSources:
    return HealthSources(partial(_cluster, settings), partial(_web, settings))


def _cluster(settings: Settings, environment: Environment, name: str) -> BlockingApiClient:
    """The cluster of this name, or that of the environment; never just the one that is chosen."""
    config = read_kubeconfig(settings.kubeconfig_files)
    there = environment.destination
    cluster = name or there.cluster
    context = config.of_cluster(cluster, "" if name else there.server)
    if context is None:
        known = ", ".join(sorted(config.contexts)) or "none"
        raise ClusterError(
            f"no context of the kubeconfig is called {cluster}",
            hint=f"add one of this name; there are: {known}",
        )
    return connect(context, settings.variables)


def _web(settings: Settings) -> httpx.Client:
    """With the passwords that the user's netrc file has for hosts by their names."""
    import httpx

    file = settings.netrc_file
    direct = {f"all://{host if ':' not in host else f'[{host}]'}": None for host in LOOPBACK}
    return httpx.Client(auth=partial(_signed_in, _logins(file)), mounts=direct)


def _logins(file: str) -> dict[str, tuple[str, str]]:
    """By host. What the file has for any other host is not taken: environment.yaml names hosts."""
    try:
        known = netrc(file).hosts
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeError) as e:
        why = getattr(e, "strerror", None) or "it is not text"
        raise UsageError(f"{file} cannot be read", why=why) from None
    except NetrcParseError as e:
        raise UsageError(
            f"{file} is not a netrc file",
            where=Place(file, e.lineno or 0),
            hint="a line of it: machine prometheus.example.org login NAME password PASSWORD",
        ) from None
    return {
        host.lower(): (name, password)
        for host, (name, _, password) in known.items()
        if host != ANY_HOST
    }


def _signed_in(logins: Mapping[str, tuple[str, str]], request: httpx.Request) -> httpx.Request:
    import httpx

    login = logins.get(request.url.host)
    if login and is_confidential(request.url.scheme, request.url.host):
        return next(httpx.BasicAuth(*login).auth_flow(request))
    return request
