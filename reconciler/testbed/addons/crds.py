"""The custom resource definitions of other projects, as their pinned releases have them."""

from __future__ import annotations

import subprocess

from reconciler.errors import TestbedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.blocking_client import BlockingApiClient
    from reconciler.testbed.control_plane import ControlPlane
    from reconciler.testbed.supervisor import Supervisor

BUNDLES = {
    "argocd": "argocd-crds",
    "certmanager": "certmanager-crds",
    "externalsecrets": "externalsecrets-crds",
    "gateway": "gateway-crds",
    "keda": "keda-crds",
    "monitoring": "monitoring-crds",
    "sealedsecrets": "sealed-secrets-crds",
    "snapshots": "snapshots-crds",
}


DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def install(supervisor: Supervisor, cluster: ControlPlane, names: tuple[str, ...]) -> None:
    for name in names:
        supervisor.say(f"installing the definitions of {name}")
        apply_bundle(supervisor, cluster, BUNDLES[name])


def apply_bundle(supervisor: Supervisor, cluster: ControlPlane, name: str) -> None:
    """Apply every definition of a bundle, and wait until the API server serves them all."""
    flags = ["--server-side", "--force-conflicts", "--recursive"]
    done = subprocess.run(
        [supervisor.programs["kubectl"], "apply", *flags, "-f", supervisor.programs[name]],
        env=supervisor.environment() | {"KUBECONFIG": str(supervisor.folder.kubeconfig)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise TestbedError(f"{name} cannot be applied", why=done.stderr.strip()[-300:])
    with cluster.connect() as client:
        supervisor.wait("serving the definitions", lambda: _all_served(client))


def _all_served(client: BlockingApiClient) -> bool:
    definitions = client.list(DEFINITIONS).items
    return all(
        any(c["type"] == "Established" and c["status"] == "True" for c in conditions)
        for conditions in (d.get("status", {}).get("conditions") or [] for d in definitions)
    )
