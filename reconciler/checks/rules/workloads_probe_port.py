from __future__ import annotations

from collections.abc import Iterator

from reconciler.checks.finding import Finding, Severity
from reconciler.checks.rule import CheckRule, rule
from reconciler.checks.world import World
from reconciler.kubernetes.access import Data, mapping, text
from reconciler.kubernetes.pods import Container
from reconciler.text.suggestions import meant


@rule("workloads/probe-port", Severity.error)
def probe_port(this: CheckRule, world: World) -> Iterator[Finding]:
    """A probe or a lifecycle hook asks a port by a name that its container does not have.

    The probe fails each time, so the pod never becomes ready, or is restarted forever. Unlike a
    Service, a probe knows the ports of its own container only.
    """
    for pods in world.pods:
        for container in pods.containers():
            known = {text(port, "name") for _, port in container.ports()}
            for path, action in _actions(container):
                for kind in ("httpGet", "tcpSocket"):
                    name = text(action, kind, "port")
                    if name and not name.isdigit() and name not in known:
                        yield this.finding(
                            pods.owner,
                            f"{path}.{kind}.port",
                            f"the container {container.name} has no port named {name}",
                            meant(name, known) or "name the port, or use its number",
                        )


def _actions(container: Container) -> Iterator[tuple[str, Data]]:
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        yield f"{container.path}.{probe}", mapping(container.data, probe)
    for hook in ("postStart", "preStop"):
        yield f"{container.path}.lifecycle.{hook}", mapping(container.data, "lifecycle", hook)
