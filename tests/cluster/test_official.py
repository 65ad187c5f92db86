"""A kubeconfig means the same to us and to the official client, which lends a hand with OIDC."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import kubernetes
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.cluster.api_access import Access, access_of
from reconciler.cluster.auth import Proof
from reconciler.cluster.blocking_client import BlockingApiClient, connect
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.cluster.official import access_of_official
from reconciler.errors import ApiError, ClusterError
from reconciler.testbed.authority import CertificateAuthority
from tests.cluster.conftest import Say, Seen, scripted, serving_tls
from tests.cluster.test_auth import context_for
from tests.testbed.plugin import Cluster

MEANING = "server", "authority", "server_name", "is_verified", "proxy"


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The official client takes those of the environment, too."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def official(file: Path) -> Any:
    return kubernetes.config.new_client_from_config(str(file), persist_config=False)


def meaning(access: Access) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(access, name) for name in MEANING}
    proof = asyncio.run(access.source.fetch())
    return {**found, "proof": (proof.authorization, proof.certificate, proof.key)}


def theirs(file: Path) -> dict[str, Any]:
    """As their configuration has it, read by this test."""
    found = official(file).configuration

    def content(path: str | None) -> bytes:
        return Path(path).read_bytes() if path else b""

    token = (found.auth_settings().get("BearerToken") or {}).get("value") or ""
    return {
        "server": found.host,
        "authority": content(found.ssl_ca_cert),
        "server_name": found.tls_server_name or "",
        "is_verified": found.verify_ssl,
        "proxy": found.proxy or "",
        "proof": (token, content(found.cert_file), content(found.key_file)),
    }


def check_the_same(folder: Path, cluster: dict[str, Any], user: dict[str, Any]) -> None:
    context = context_for(folder, user, **cluster)
    file = folder / "config"
    assert meaning(access_of(context, os.environ)) == theirs(file)
    assert meaning(access_of_official(official(file))) == theirs(file)


def plugin(**status: str) -> dict[str, Any]:
    version = "client.authentication.k8s.io/v1"
    answer = json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status})
    args = ["-c", f"print({answer!r})"]
    return {"apiVersion": version, "command": sys.executable, "args": args}


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


CERTIFICATE = {"client-certificate": "crt", "client-key": "key"}
FILE_CA = {"certificate-authority": "ca"}
INLINE_CA = {"certificate-authority-data": b64("ca data")}
INLINE = {"client-certificate-data": b64("crt data"), "client-key-data": b64("key data")}


@pytest.mark.parametrize(
    ("cluster", "user"),
    [
        ({}, {}),
        ({"server": "https://a.example:6443/"}, {"token": "t"}),
        ({"server": "https://a.example/k8s/clusters/c-1"}, {"tokenFile": "token"}),
        ({"certificate-authority": "ca"}, {"username": "me", "password": "p:w"}),
        ({"certificate-authority-data": b64("data")}, CERTIFICATE),
        ({"certificate-authority": "ca", "certificate-authority-data": b64("data")}, INLINE),
        ({"insecure-skip-tls-verify": True}, {**CERTIFICATE, **INLINE}),
        ({"insecure-skip-tls-verify": False}, {**CERTIFICATE, "token": "t"}),
        ({"tls-server-name": "other.example"}, {"token": "t", "username": "u", "password": "p"}),
        ({"proxy-url": "http://me:pw@proxy.example:3128"}, {"tokenFile": "deeper/token"}),
        ({}, {"exec": plugin(token="t")}),
        ({}, {"exec": plugin(token="t", expirationTimestamp="2999-01-01T00:00:00Z")}),
        ({}, {"exec": plugin(clientCertificateData="c", clientKeyData="k")}),
        ({}, {"exec": plugin(token="from the plugin"), "token": "typed"}),
    ],
)
def test_a_kubeconfig_means_the_same_to_both(
    tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any]
) -> None:
    (tmp_path / "deeper").mkdir()
    for name in ("ca", "crt", "key", "token", "deeper/token"):
        (tmp_path / name).write_text(f"content of {name}".replace(" ", "-"))
    check_the_same(tmp_path, cluster, user)


words = st.text("abcXYZ019-._~+/=", min_size=1, max_size=20)
content = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
hosts = st.sampled_from(["127.0.0.1", "a.example", "[::1]", "localhost"])


@st.composite
def clusters(draw: st.DrawFn) -> dict[str, Any]:
    port = draw(st.sampled_from(["", ":6443", ":443"]))
    path = draw(st.sampled_from(["", "/", "/k8s/clusters/c-1", "/a/b/"]))
    return {
        "server": f"https://{draw(hosts)}{port}{path}",
        **draw(st.sampled_from([{}, INLINE_CA, FILE_CA, INLINE_CA | FILE_CA])),
        **draw(st.sampled_from([{}, {"insecure-skip-tls-verify": True}])),
        **draw(st.sampled_from([{}, {"tls-server-name": "x.example"}])),
        **draw(st.sampled_from([{}, {"proxy-url": "https://proxy.example"}])),
    }


@st.composite
def users(draw: st.DrawFn) -> dict[str, Any]:
    found = dict(draw(st.sampled_from([{}, CERTIFICATE, INLINE, CERTIFICATE | INLINE])))
    found |= draw(
        st.one_of(
            st.just({}),
            st.fixed_dictionaries({"token": words}),
            st.just({"tokenFile": "token"}),
            st.fixed_dictionaries({"username": words, "password": content}),
        )
    )
    return found


@settings(max_examples=60)
@given(clusters(), users(), words)
def test_whatever_is_in_a_kubeconfig_means_the_same_to_both(
    cluster: dict[str, Any], user: dict[str, Any], token: str
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("ca", "crt", "key"):
            (folder / file).write_text(f"content of {file}")
        (folder / "token").write_text(token)
        check_the_same(folder, cluster, user)


def test_a_configured_client_of_theirs_is_taken_as_it_is(cluster: Cluster) -> None:
    theirs = official(cluster.kubeconfig)
    with BlockingApiClient(access_of_official(theirs)) as client:
        found = client.get(f"/api/v1/namespaces/{cluster.namespace}")
        assert found
        assert found["metadata"]["name"] == cluster.namespace


def test_the_hook_of_their_client_renews_our_tokens(tmp_path: Path) -> None:
    configuration = kubernetes.client.Configuration(host="http://127.0.0.1:1")
    asked: list[int] = []

    def renew(found: Any) -> None:
        asked.append(1)
        found.api_key["BearerToken"] = f"Bearer t{len(asked)}"

    configuration.api_key["BearerToken"] = "Bearer t0"
    configuration.refresh_api_key_hook = renew
    tokens: list[str] = []

    def answer(seen: Seen) -> Say:
        tokens.append(seen.headers["Authorization"])
        return Say(200 if tokens[-1] != "Bearer t3" else 401)

    with scripted(answer) as url:
        configuration.host = url
        with BlockingApiClient(
            access_of_official(kubernetes.client.ApiClient(configuration))
        ) as client:
            for _ in range(3):
                assert client.get("/api") == {}
    assert tokens == ["Bearer t2", "Bearer t3", "Bearer t4", "Bearer t5"]


@pytest.mark.parametrize(
    ("more", "name", "value"),
    [
        ({"verify_ssl": False}, "is_verified", False),
        ({"assert_hostname": False}, "is_name_checked", False),
        ({"assert_hostname": "a.example"}, "server_name", "a.example"),
        ({"tls_server_name": "b.example"}, "server_name", "b.example"),
        ({"ca_cert_data": "---"}, "authority", b"---"),
        ({"proxy": "http://p.example", "no_proxy": "c.example"}, "proxy", "http://p.example"),
        ({"proxy": "http://p.example", "no_proxy": ".example"}, "proxy", ""),
    ],
)
def test_every_setting_of_theirs_is_heeded(more: dict[str, Any], name: str, value: Any) -> None:
    configuration = kubernetes.client.Configuration(host="https://a.example", **more)
    access = access_of_official(kubernetes.client.ApiClient(configuration))
    assert getattr(access, name) == value


def test_a_header_that_was_set_for_all_their_requests_is_shown() -> None:
    client = kubernetes.client.ApiClient(kubernetes.client.Configuration(host="http://a"))
    client.set_default_header("Authorization", "Bearer x")
    assert asyncio.run(access_of_official(client).source.fetch()) == Proof("Bearer x")


def id_token(ends: float, name: str = "me") -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part({'exp': int(ends), 'name': name})}.c2ln"


def oidc(token: str, issuer: str = "https://127.0.0.1:1", **more: str) -> dict[str, Any]:
    config = {
        "client-id": "kubernetes",
        "client-secret": "hunter2",
        "id-token": token,
        "idp-issuer-url": issuer,
        "refresh-token": "old",
        **more,
    }
    return {"auth-provider": {"name": "oidc", "config": config}}


def test_a_login_with_oidc_shows_its_token(tmp_path: Path) -> None:
    token = id_token(time.time() + 3600)
    context = context_for(tmp_path, oidc(token))
    before = (tmp_path / "config").read_text()
    proof = asyncio.run(access_of(context, {}).source.fetch())
    assert proof.authorization == f"Bearer {token}"
    assert (tmp_path / "config").read_text() == before


def issuer(new: str, asked: list[Seen], url: Callable[[], str]) -> Callable[[Seen], Say]:
    def answer(seen: Seen) -> Say:
        asked.append(seen)
        if seen.path == "/.well-known/openid-configuration":
            return Say(200, {"token_endpoint": f"{url()}/token"})
        answer = {"id_token": new, "refresh_token": "new", "token_type": "Bearer"}
        json_ = {"Content-Type": "application/json"}
        return Say(200, {**answer, "access_token": "a"}, json_)

    return answer


def test_a_login_that_ended_is_renewed_and_kept_for_the_next_time(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    new, asked, at = id_token(time.time() + 3600, "new"), list[Seen](), list[str]()
    ca = base64.b64encode(authority.pair.certificate.read_bytes()).decode()
    with scripted(issuer(new, asked, lambda: at[0]), serving_tls(authority)) as url:
        at.append(url)
        known = {"idp-certificate-authority-data": ca}
        context = context_for(tmp_path, oidc(id_token(time.time() - 1), url, **known))
        assert asyncio.run(access_of(context, {}).source.fetch()).authorization == f"Bearer {new}"
    again = read_kubeconfig([str(tmp_path / "config")]).context()
    assert asyncio.run(access_of(again, {}).source.fetch()).authorization == f"Bearer {new}"
    kept = again.user["auth-provider"]["config"]
    assert (kept["refresh-token"], len(asked)) == ("new", 2)
    assert "idp-certificate-authority" not in kept


def test_an_issuer_that_cannot_be_known_is_sent_nothing(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    """The official client alone would take anybody for it."""
    asked: list[Seen] = []
    with scripted(issuer("", asked, lambda: ""), serving_tls(authority)) as url:
        context = context_for(tmp_path, oidc(id_token(time.time() - 1), url))
        with pytest.raises(ClusterError, match="the OIDC login of the context a") as caught:
            asyncio.run(access_of(context, {}).source.fetch())
    assert asked == []
    assert "hunter2" not in "".join(caught.value.lines())
    assert "idp-certificate-authority" not in (tmp_path / "config").read_text()


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a=.b.c"])
def test_what_is_no_login_is_said_to_be_none(tmp_path: Path, token: str) -> None:
    with pytest.raises(ClusterError, match="the OIDC login of the context a gives no token"):
        connect(context_for(tmp_path, oidc(token)), {})


def test_without_the_official_client_oidc_names_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes", None)
    with pytest.raises(ClusterError, match="the context a logs in with the auth-") as caught:
        connect(context_for(tmp_path, oidc("")), {})
    assert "gitops-reconciler[kubernetes]" in caught.value.hint


def test_who_is_not_known_is_told_so_by_a_real_server(cluster: Cluster, tmp_path: Path) -> None:
    place = json.loads(cluster.kubeconfig.read_text())["clusters"][0]["cluster"]
    context = context_for(tmp_path, oidc(id_token(time.time() + 3600)), **place)
    with connect(context, {}) as client, pytest.raises(ApiError) as caught:
        client.get("/api/v1/namespaces")
    assert (caught.value.status, caught.value.reason) == (401, "Unauthorized")
