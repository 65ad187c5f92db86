"""The real kubeseal and the real controller understand each other."""

from __future__ import annotations

import base64

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


def test_the_controllers_token_is_nowhere_in_the_testbeds_files(sealed_secrets: Cluster) -> None:
    """Tokens of service accounts begin like this: a JSON header in base64."""
    folder = sealed_secrets.kubeconfig.parent
    files = [f for f in folder.rglob("*") if f.is_file() and "etcd" not in f.parts]
    assert files
    assert not [f for f in files if b"eyJhbGciOi" in f.read_bytes()]
