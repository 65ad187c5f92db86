"""The filter beside the real kubeseal and the real controller."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from reconciler.sealing.scope import Scope
from reconciler.sealing.sealed_secret import SealedSecret
from reconciler.sealing.secret import Secret
from reconciler.yaml.write import as_yaml
from tests.cli.conftest import Run
from tests.sealing.test_peers import certificate_pem, manifest
from tests.testbed.plugin import Cluster


@pytest.mark.parametrize("scope", Scope)
def test_one_raw_value_opens_in_a_secret_of_that_scope(
    sealed_secrets: Cluster, tmp_path: Path, typed: Run, scope: Scope
) -> None:
    cluster = sealed_secrets
    (tmp_path / "cert.pem").write_bytes(certificate_pem(cluster))
    (tmp_path / "value").write_bytes(b"hunter2")
    where = [] if scope is Scope.cluster_wide else ["--namespace", cluster.namespace]
    where += ["--name", "api"] if scope is Scope.strict else []
    done = typed(
        "seal", "--cert", "cert.pem", "--raw", "--scope", scope, *where, "--from-file", "value"
    )
    assert done.returncode == 0, done.stderr
    sealed = SealedSecret(
        "api", cluster.namespace, {"key": done.stdout.decode()}, annotations=scope.annotations
    )
    cluster.apply(as_yaml(sealed.object()))
    cluster.wait("condition=Synced", "sealedsecret/api")
    assert cluster.get("secret/api")["data"] == {"key": base64.b64encode(b"hunter2").decode()}


def test_a_file_that_kubeseal_made_takes_more_values_and_keeps_its_comments(
    sealed_secrets: Cluster, tmp_path: Path, typed: Run
) -> None:
    """kubeseal crashes here if the file has no labels, and else makes JSON of it."""
    cluster = sealed_secrets
    file = tmp_path / "api.yaml"
    first = Secret("api", cluster.namespace, {"user": bytearray(b"admin")})
    text = cluster.run("kubeseal", "--format=yaml", stdin=as_yaml(manifest(first, Scope.strict)))
    file.write_text("# The shop's API.\n" + text)
    before = file.read_text()
    more = Secret(
        "other", "elsewhere", {"password": bytearray(b"hunter2")}, labels={"team": "blue"}
    )
    (tmp_path / "cert.pem").write_bytes(certificate_pem(cluster))
    (tmp_path / "more.yaml").write_text(as_yaml(manifest(more, Scope.strict)))
    done = typed("seal", "--cert", "cert.pem", "--merge-into", file, "-f", "more.yaml")
    assert done.returncode == 0, done.stderr
    lines = file.read_text().splitlines()
    assert [line for line in before.splitlines() if line not in lines] == []
    cluster.apply(file.read_text())
    cluster.wait("condition=Synced", "sealedsecret/api")
    found = cluster.get("secret/api")
    assert {k: base64.b64decode(v) for k, v in found["data"].items()} == {
        "user": b"admin",
        "password": b"hunter2",
    }
    assert found["metadata"]["labels"] == {"team": "blue"}
