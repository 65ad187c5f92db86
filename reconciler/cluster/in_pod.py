"""The API server of the cluster that this process runs in, as its pod's service account."""

from __future__ import annotations

import os
from collections.abc import Mapping

from reconciler.cluster.api_access import Access
from reconciler.cluster.auth import Proof, ProofFiles, bearer, token_in
from reconciler.cluster.kubeconfig import read_file
from reconciler.errors import ClusterError

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def access_in_pod(environment: Mapping[str, str], folder: str = ACCOUNT) -> Access:
    """The kubelet replaces the token there long before it ends."""
    host = environment.get("KUBERNETES_SERVICE_HOST", "")
    port = environment.get("KUBERNETES_SERVICE_PORT", "")
    token = os.path.join(folder, "token")
    if not host or not port or not os.path.exists(token):
        raise ClusterError(
            "this is not a pod in a cluster",
            why=f"KUBERNETES_SERVICE_HOST is not set, or there is no {token}",
            hint="name a kubeconfig, or give the pod a service account",
        )
    address = f"[{host}]" if ":" in host else host
    return Access(
        "this pod",
        f"https://{address}:{port}",
        ProofFiles([token], lambda: Proof(bearer(token_in(token)))),
        read_file(os.path.join(folder, "ca.crt")),
    )
