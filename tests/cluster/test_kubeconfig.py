"""Whatever a kubeconfig proves who one is with, a real API server takes it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reconciler.cluster.blocking_client import connect
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.errors import ClusterError
from tests.testbed.plugin import Cluster


def script(folder: Path, token: str) -> dict[str, Any]:
    """A credential plugin."""
    answer = {"kind": "ExecCredential", "status": {"token": token}}
    program = folder / "plugin"
    program.write_text(
        '#!/bin/sh\ntest -n "$KUBERNETES_EXEC_INFO" && test "$1$WHO" = loginme || exit 1\n'
        f"cat <<END\n{json.dumps(answer)}\nEND\n"
    )
    program.chmod(0o755)
    return {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(program),
        "args": ["login"],
        "env": [{"name": "WHO", "value": "me"}],
    }


def token_file(folder: Path, token: str) -> str:
    (folder / "token").write_text(token + "\n")
    return "token"


USERS: dict[str, Callable[[Path, str], dict[str, Any]]] = {
    "token": lambda _, token: {"token": token},
    "tokenFile": lambda folder, token: {"tokenFile": token_file(folder, token)},
    "exec": lambda folder, token: {"exec": script(folder, token)},
}


@pytest.mark.parametrize("kind", USERS)
def test_an_api_server_takes_what_proves_who_one_is(
    cluster: Cluster, tmp_path: Path, kind: str
) -> None:
    given = json.loads(cluster.kubeconfig.read_text())
    there = ("-n", cluster.namespace)
    cluster.kubectl("wait", "--for=create", "serviceaccount/default", *there, "--timeout=30s")
    token = cluster.kubectl("create", "token", "default", *there).strip()
    given["users"][0]["user"] = USERS[kind](tmp_path, token)
    (tmp_path / "config").write_text(json.dumps(given))
    with connect(read_kubeconfig([str(tmp_path / "config")]).context(), os.environ) as client:
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        found = client.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
        who = found["status"]["userInfo"]["username"]
        assert who == f"system:serviceaccount:{cluster.namespace}:default"


def test_who_acts_as_somebody_else_is_that_somebody(cluster: Cluster, tmp_path: Path) -> None:
    given = json.loads(cluster.kubeconfig.read_text())
    other = {"as": "alice", "as-groups": ["a", "b"], "as-uid": "7"}
    given["users"][0]["user"] |= {**other, "as-user-extra": {"example.com/team": ["x", "y"]}}
    (tmp_path / "config").write_text(json.dumps(given))
    with connect(read_kubeconfig([str(tmp_path / "config")]).context(), {}) as client:
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        found = client.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
    assert found["status"]["userInfo"] == {
        "username": "alice",
        "uid": "7",
        "groups": ["a", "b", "system:authenticated"],
        "extra": {"example.com/team": ["x", "y"]},
    }


def test_certificates_may_be_files_beside_the_kubeconfig(cluster: Cluster, tmp_path: Path) -> None:
    given = json.loads(cluster.kubeconfig.read_text())
    for values in (given["clusters"][0]["cluster"], given["users"][0]["user"]):
        for name in [n for n in values if n.endswith("-data")]:
            (tmp_path / name).write_bytes(base64.b64decode(values.pop(name)))
            values[name.removesuffix("-data")] = name
    (tmp_path / "config").write_text(json.dumps(given))
    with connect(read_kubeconfig([str(tmp_path / "config")]).context(), {}) as client:
        assert client.get("/version")


def config(**user: Any) -> str:
    return json.dumps(
        {
            "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "a", "context": {"cluster": "c", "user": "u"}}],
        }
    )


MISTAKES = [
    (": [", "", "this is not a kubeconfig: it is not YAML"),
    ("[]", "", "this is not a kubeconfig"),
    (config(), "", "no context is chosen"),
    (config(), "b", "there is no context b"),
    (config(tokenFile="nowhere"), "a", "nowhere cannot be read"),
    (config(**{"auth-provider": {"name": "x"}}), "a", "uses an auth-provider"),
    (config(exec={"command": "/nowhere"}), "a", "the credential plugin /nowhere of the context a"),
    (config(exec={"command": "false"}), "a", "the credential plugin false of the context a"),
    (
        config(**{"client-certificate-data": "eA==", "client-key-data": "eA=="}),
        "a",
        "the client certificate of the context a cannot be used",
    ),
    (config(**{"client-certificate-data": "?"}), "a", "client-certificate-data of the kubeconfig"),
]


@pytest.mark.parametrize(("text", "name", "what"), MISTAKES)
def test_a_mistake_in_a_kubeconfig_is_said(tmp_path: Path, text: str, name: str, what: str) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    with pytest.raises(ClusterError, match=what):
        connect(read_kubeconfig([str(file)]).context(name), os.environ)


def test_of_several_files_the_first_that_says_something_counts(tmp_path: Path) -> None:
    (tmp_path / "one").write_text(config(token="1"))
    (tmp_path / "two").write_text(config(token="2")[:-1] + ', "current-context": "a"}')
    files = [str(tmp_path / name) for name in ("none", "one", "two")]
    assert read_kubeconfig(files).context().user["token"] == "1"
    with pytest.raises(ClusterError, match="there is no kubeconfig"):
        read_kubeconfig(files[:1])
