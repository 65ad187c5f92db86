"""The real kubeseal and the real controller understand each other."""

from __future__ import annotations

import base64
import re
from contextlib import suppress

from tests.testbed.plugin import Cluster


def test_what_kubeseal_sealed_is_opened_by_the_controller(sealed_secrets: Cluster) -> None:
    cluster = sealed_secrets
    secret = cluster.kubectl(
        "create", "secret", "generic", "api", "--from-literal=key=s3cret", "--dry-run=client",
        "-n", cluster.namespace, "-o", "json",
    )  # fmt: skip
    sealed = cluster.run("kubeseal", "--format=yaml", stdin=secret)
    assert "s3cret" not in sealed
    assert "kind: SealedSecret" in sealed
    cluster.apply(sealed)
    cluster.wait("condition=Synced", "sealedsecret/api")
    opened = cluster.get("secret/api")["data"]["key"]
    assert base64.b64decode(opened) == b"s3cret"


TOKEN = re.compile(rb"eyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]+")
CONTROLLER = b"system:serviceaccount:kube-system:sealed-secrets-controller"


def subjects(content: bytes) -> bytes:
    """Who the tokens of service accounts in a file are of."""
    return b"".join(base64.urlsafe_b64decode(t + b"===") for t in TOKEN.findall(content))


def test_the_controllers_token_is_nowhere_in_the_testbeds_files(sealed_secrets: Cluster) -> None:
    cluster = sealed_secrets
    token = cluster.kubectl("create", "token", "sealed-secrets-controller", "-n", "kube-system")
    assert CONTROLLER in subjects(token.encode())
    found = []
    for file in cluster.kubeconfig.parent.rglob("*"):
        with suppress(FileNotFoundError):  # others work there at the same time
            if file.is_file() and "etcd" not in file.parts:
                found.append(subjects(file.read_bytes()))
    assert len(found) > 10
    assert CONTROLLER not in b"".join(found)
