"""The real controller opens what is sealed here, and what kubeseal sealed is read here."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.cluster.blocking_client import connect
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.sealing.certificate import Certificate, read_certificate
from reconciler.sealing.certificate_url import fetch
from reconciler.sealing.controller import controller_at
from reconciler.sealing.keys import PrivateKey, opened, read_keys
from reconciler.sealing.recover import secret_of
from reconciler.sealing.scope import Scope
from reconciler.sealing.seal import seal
from reconciler.sealing.sealed_secret import VERSION, SealedSecret, read_sealed_secret
from reconciler.sealing.secret import Secret
from reconciler.yaml.read import read_documents
from reconciler.yaml.write import as_json, as_yaml
from tests.testbed.plugin import Cluster

MANY = 500
KEY = "sealedsecrets.bitnami.com/sealed-secrets-key"

item_names = st.text("abcXYZ019._-", min_size=1, max_size=12).filter(
    lambda t: t != "." and not t.startswith("..")
)
item_names |= st.sampled_from(["n", "y", "no", "1e3", "0x1f", "null", "a.b"])
plain = st.binary(max_size=40) | st.text(max_size=20).map(str.encode)
plain |= st.sampled_from([b"", b"\x00", b"x" * 5000, b"no", b"line\n"])
labels = st.dictionaries(
    st.sampled_from(["a", "b.c/d", "n"]), st.sampled_from(["", "x", "no", "1", "1e3"]), max_size=2
)
# kubeseal cannot write control characters into YAML.
notes = st.dictionaries(
    st.sampled_from(["a", "e/f"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12)
    | st.sampled_from(["y", "a: b", "# no", "a\nb\n"]),
    max_size=2,
)


@st.composite
def secrets(draw: st.DrawFn) -> tuple[Secret, Scope]:
    values = draw(st.dictionaries(item_names, plain, min_size=1, max_size=3))
    made = Secret(
        "",
        "",
        {key: bytearray(value) for key, value in values.items()},
        type=draw(st.sampled_from(["", "Opaque", "example.com/x"])),
        immutable=draw(st.sampled_from([None, None, True])),
        labels=draw(labels),
        annotations=draw(notes),
    )
    return made, draw(st.sampled_from(list(Scope)))


def generated(namespace: str, count: int = MANY) -> list[tuple[Secret, Scope]]:
    found: list[tuple[Secret, Scope]] = []

    @settings(max_examples=count, database=None, suppress_health_check=list(HealthCheck))
    @given(secrets())
    def collect(one: tuple[Secret, Scope]) -> None:
        found.append(one)

    collect()
    assert len(found) >= count
    return [
        (replace(secret, name=f"s.{i}", namespace=namespace), scope)
        for i, (secret, scope) in enumerate(found[:count])
    ]


@pytest.fixture
def certificate(sealed_secrets: Cluster) -> Certificate:
    return read_certificate(certificate_pem(sealed_secrets), "cert.pem")


def certificate_pem(cluster: Cluster) -> bytes:
    return fetch(cluster.variables["SEALED_SECRETS_CERT"])


def private_keys(cluster: Cluster) -> list[PrivateKey]:
    text = cluster.kubectl("get", "secret", "-n", "kube-system", "-l", KEY, "-o", "yaml")
    return read_keys(text.encode(), "keys.yaml")


def manifest(secret: Secret, scope: Scope) -> dict[str, Any]:
    """As somebody writes it."""
    metadata = {
        "name": secret.name,
        "namespace": secret.namespace,
        "labels": dict(secret.labels),
        "annotations": {**secret.annotations, **scope.annotations},
    }
    data = {key: base64.b64encode(value).decode() for key, value in secret.values.items()}
    found = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}
    if secret.type:
        found["type"] = secret.type
    return found if secret.immutable is None else {**found, "immutable": secret.immutable}


def read(text: str) -> list[SealedSecret]:
    return [read_sealed_secret(d) for d in read_documents(text.encode(), "sealed.yaml")]


def test_the_controller_opens_500_secrets_that_were_sealed_here(
    sealed_secrets: Cluster, certificate: Certificate
) -> None:
    cluster = sealed_secrets
    made = generated(cluster.namespace)
    sealed = [seal(secret, certificate, scope).object() for secret, scope in made]
    with connect(read_kubeconfig([str(cluster.kubeconfig)]).context(), {}) as client:
        for one in sealed:
            at = f"/apis/{VERSION}/namespaces/{cluster.namespace}/sealedsecrets"
            client.create(at, one)
    for _ in range(600):
        there = {s["metadata"]["name"]: s for s in cluster.get("secrets")["items"]}
        if len(there) >= len(made):
            break
        time.sleep(0.5)
    for secret, _ in made:
        found = there[secret.name]
        data = {k: base64.b64decode(v) for k, v in found.get("data", {}).items()}
        assert data == {key: bytes(value) for key, value in secret.values.items()}
        assert found["type"] == secret.type or "Opaque"
        assert found.get("immutable") == secret.immutable
        assert found["metadata"].get("labels", {}) == secret.labels
        assert secret.annotations.items() <= found["metadata"].get("annotations", {}).items()


def test_500_secrets_that_kubeseal_sealed_are_opened_here(
    sealed_secrets: Cluster, certificate: Certificate
) -> None:
    cluster = sealed_secrets
    made = generated(cluster.namespace)
    text = "".join(f"---\n{as_yaml(manifest(*one))}" for one in made)
    sealed = read(cluster.run("kubeseal", "--format=yaml", stdin=text))
    keys = private_keys(cluster)
    for (secret, scope), found in zip(made, sealed, strict=True):
        assert (found.name, found.scope) == (secret.name, scope)
        assert opened(found, keys) == secret.values
        again = secret_of(found, keys)
        assert again["metadata"].get("labels", {}) == secret.labels


def test_a_controller_that_is_asked_often_is_asked_again(
    sealed_secrets: Cluster, certificate: Certificate
) -> None:
    """It takes two questions a second."""
    secret = Secret("api", sealed_secrets.namespace, {"a": bytearray(b"x")})
    sealed = seal(secret, certificate)
    url = sealed_secrets.variables["SEALED_SECRETS_CERT"].removesuffix("/v1/cert.pem")
    with controller_at(url) as controller:
        assert [controller.can_open(sealed) for _ in range(5)] == [True] * 5
        assert not controller.can_open(replace(sealed, name="other"))


NAMES = ["n", "no", "1e3", "0x1f", "null", "1.5", "a" * 63 + "." + "b" * 63, "true"]


@pytest.mark.parametrize("form", [as_yaml, as_json])
def test_names_that_look_like_something_else_stay_names(
    sealed_secrets: Cluster, certificate: Certificate, form: Callable[[Any], str]
) -> None:
    cluster = sealed_secrets
    made = [
        Secret(name, cluster.namespace, {name[:200]: bytearray(b"x")}, annotations={"a": name})
        for name in NAMES
    ]
    text = "---\n".join(form(seal(secret, certificate).object()) for secret in made)
    assert [one.name for one in read(text if form is as_yaml else text.replace("---\n", ""))]
    cluster.apply(text)
    for name in NAMES:
        cluster.wait("condition=Synced", f"sealedsecret/{name}")
        assert cluster.get(f"secret/{name}")["data"] == {name[:200]: "eA=="}


def test_what_is_opened_here_is_what_kubeseal_recovers(
    sealed_secrets: Cluster, certificate: Certificate, tmp_path: Path
) -> None:
    cluster = sealed_secrets
    secret = Secret(
        "api",
        cluster.namespace,
        {"a": bytearray(b"\x00\xff"), "b": bytearray(b"x")},
        "example.com/x",
    )
    sealed = seal(secret, certificate)
    keys = cluster.kubectl("get", "secret", "-n", "kube-system", "-l", KEY, "-o", "yaml")
    (tmp_path / "keys.yaml").write_text(keys)
    theirs = json.loads(
        cluster.run(
            *(
                "kubeseal",
                "--recovery-unseal",
                "--recovery-private-key",
                str(tmp_path / "keys.yaml"),
            ),
            stdin=as_yaml(sealed.object()),
        )
    )
    ours = secret_of(sealed, read_keys(keys.encode(), "keys.yaml"))
    assert (ours["data"], ours["type"]) == (theirs["data"], theirs["type"])
