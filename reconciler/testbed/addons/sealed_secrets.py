"""The Sealed Secrets controller, with the rights that its own installation gives it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from reconciler.errors import TestbedError
from reconciler.testbed import loopback
from reconciler.testbed.addons.crds import apply_bundle
from reconciler.testbed.loopback import free_port
from reconciler.testbed.supervisor import Launch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.testbed.control_plane import ControlPlane
    from reconciler.testbed.supervisor import Supervisor

PROGRAMS = ("sealed-secrets-controller", "kubeseal", "sealed-secrets-crds")
NAMESPACE = "kube-system"
ACCOUNT = "sealed-secrets-controller"
YEAR = 365 * 24 * 3600
PACKAGES = Path(__file__).parents[3]

CLUSTER_RULES = [
    {
        "apiGroups": ["bitnami.com"],
        "resources": ["sealedsecrets"],
        "verbs": ["get", "list", "watch"],
    },
    {"apiGroups": ["bitnami.com"], "resources": ["sealedsecrets/status"], "verbs": ["update"]},
    {
        "apiGroups": [""],
        "resources": ["secrets"],
        "verbs": ["get", "list", "create", "update", "delete", "watch"],
    },
    {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "patch"]},
]
RBAC = "/apis/rbac.authorization.k8s.io/v1"


def start(supervisor: Supervisor, cluster: ControlPlane) -> None:
    if sys.platform != "linux":
        raise TestbedError(
            "the Sealed Secrets controller runs in a testbed on Linux only",
            why="it takes its credentials from where pods have them, which needs a namespace",
        )
    supervisor.say("installing Sealed Secrets")
    apply_bundle(supervisor, cluster, "sealed-secrets-crds")
    token = _account(cluster)
    (launch,) = supervisor.start(lambda: _controller(supervisor, cluster, token))
    supervisor.publish(SEALED_SECRETS_CERT=f"{launch.address}/v1/cert.pem")
    supervisor.offer("kubeseal")


def _account(cluster: ControlPlane) -> str:
    """The controller's service account with its rights, and a token for it."""
    with cluster.connect() as client:
        accounts = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts"
        name = {"metadata": {"name": ACCOUNT}}
        client.create(accounts, name)
        client.create(f"{RBAC}/clusterroles", {**name, "rules": CLUSTER_RULES})
        binding = {
            **name,
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": ACCOUNT,
            },
            "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}],
        }
        client.create(f"{RBAC}/clusterrolebindings", binding)
        answer = client.create(f"{accounts}/{ACCOUNT}/token", {"spec": {"expirationSeconds": YEAR}})
    token: str = answer["status"]["token"]
    return token


def _controller(supervisor: Supervisor, cluster: ControlPlane, token: str) -> Launch:
    port, metrics = free_port(), free_port()
    host, _, api_port = cluster.server.removeprefix("https://").partition(":")
    address = f"http://127.0.0.1:{port}"
    account = {
        "token": token,
        "ca": cluster.authority.pair.certificate.read_text(),
        "namespace": NAMESPACE,
    }
    return Launch(
        "sealed-secrets-controller",
        [
            *(sys.executable, "-P", "-m", "reconciler.testbed.in_cluster"),
            supervisor.programs["sealed-secrets-controller"],
            f"--listen-addr=127.0.0.1:{port}",
            f"--listen-metrics-addr=127.0.0.1:{metrics}",
            "--kubeclient-qps=-1",
        ],
        ready=lambda: loopback.answers(f"{address}/v1/cert.pem"),
        address=address,
        environment={
            "KUBERNETES_SERVICE_HOST": host,
            "KUBERNETES_SERVICE_PORT": api_port,
            "POD_NAMESPACE": NAMESPACE,
            "PYTHONPATH": str(PACKAGES),
        },
        stdin=json.dumps(account).encode(),
    )
