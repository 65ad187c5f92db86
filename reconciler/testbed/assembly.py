"""What a testbed is made of, in the order in which it is started."""

from __future__ import annotations

from reconciler.testbed import control_plane, provisioner
from reconciler.testbed.addons import argocd, crds, gitea, nodes, sealed_secrets
from reconciler.testbed.peers import CONTROL_PLANE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.testbed.launch_options import TestbedOptions
    from reconciler.testbed.supervisor import Supervisor


def programs_of(options: TestbedOptions) -> tuple[str, ...]:
    """The peers that a testbed of this kind runs."""
    names = list(CONTROL_PLANE)
    names += [crds.BUNDLES[name] for name in options.crds]
    if options.sealed_secrets:
        names += sealed_secrets.PROGRAMS
    if options.gitea:
        names += gitea.PROGRAMS
    if options.argocd:
        names += argocd.PROGRAMS
    return tuple(dict.fromkeys(names))


def assemble(supervisor: Supervisor) -> None:
    options = supervisor.options
    cluster = control_plane.start(supervisor)
    crds.install(supervisor, cluster, options.crds)
    if options.sealed_secrets:
        sealed_secrets.start(supervisor, cluster)
    if options.gitea:
        gitea.start(supervisor)
    if options.argocd:
        argocd.start(supervisor, cluster)
    if options.nodes:
        nodes.start(supervisor)
    # The last, since it makes threads: what starts processes must have no others.
    provisioner.start(cluster.connect())
