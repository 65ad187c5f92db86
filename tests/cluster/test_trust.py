"""Who the server is, and who we are, by certificates; and the way there through a proxy."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from reconciler.cluster.api_access import access_of
from reconciler.cluster.blocking_client import connect
from reconciler.errors import ApiError, ClusterError
from reconciler.testbed.authority import CertificateAuthority, KeyPair
from tests.cluster.conftest import Say, Seen, scripted, serving_tls
from tests.cluster.test_auth import context_for
from tests.testbed.plugin import Cluster


def encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


@pytest.mark.parametrize(
    ("cluster", "works"),
    [
        ({}, True),
        ({"tls-server-name": "kubernetes.default.svc"}, True),
        ({"tls-server-name": "elsewhere.example"}, False),
        ({"certificate-authority-data": None}, False),
        ({"certificate-authority-data": None, "insecure-skip-tls-verify": True}, True),
        ({"tls-server-name": "elsewhere.example", "insecure-skip-tls-verify": True}, True),
        ({"certificate-authority-data": "other"}, False),
    ],
)
def test_a_server_is_known_by_its_certificate(
    authority: CertificateAuthority, tmp_path: Path, cluster: dict[str, Any], works: bool
) -> None:
    place = {"certificate-authority-data": encoded(authority.pair.certificate), **cluster}
    if cluster.get("certificate-authority-data") == "other":
        other = CertificateAuthority(tmp_path / "other")
        place["certificate-authority-data"] = encoded(other.pair.certificate)
    with (
        scripted(lambda _: Say(), serving_tls(authority)) as url,
        connect(context_for(tmp_path, {}, **{**place, "server": url}), {}) as client,
    ):
        if works:
            assert client.get("/api") == {}
        else:
            with pytest.raises(ApiError, match="does not answer") as caught:
                client.get("/api")
            assert "certificate" in caught.value.why.lower()


def test_a_certificate_in_the_middle_is_trusted_if_it_is_the_one_that_is_given(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    """As kubectl has it: the server's own certificate is enough."""
    server = authority.server()
    place = {"certificate-authority-data": encoded(server.certificate)}
    with (
        scripted(lambda _: Say(), serving_tls(authority, server)) as url,
        connect(context_for(tmp_path, {}, **{**place, "server": url}), {}) as client,
    ):
        assert client.get("/api") == {}


def whoami(seen: Seen) -> Say:
    return Say(200, {"certificate": seen.certificate})


def test_a_certificate_that_is_replaced_is_shown_from_then_on(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    def put(pair: KeyPair) -> None:
        (tmp_path / "crt").write_bytes(pair.certificate.read_bytes())
        (tmp_path / "key").write_bytes(pair.key.read_bytes())

    user = {"client-certificate": "crt", "client-key": "key"}
    place = {"certificate-authority-data": encoded(authority.pair.certificate)}
    put(authority.client("one", "alice"))
    with (
        scripted(whoami, serving_tls(authority)) as url,
        connect(context_for(tmp_path, user, **{**place, "server": url}), {}) as client,
    ):
        assert client.get("/api") == {"certificate": ["alice"]}
        put(authority.client("two", "bob"))
        assert client.get("/api") == {"certificate": ["bob"]}
    assert not list(tmp_path.glob("tmp*"))


def test_a_plugin_may_give_certificates_that_end(
    authority: CertificateAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = [authority.client(name, name) for name in ("alice", "bob")]
    shown = [[p.certificate.read_text(), p.key.read_text()] for p in pairs]
    (tmp_path / "shown").write_text(json.dumps(shown))
    program = (
        "import json, sys, time\n"
        "file = sys.argv[1]\n"
        "(certificate, key), *rest = json.load(open(file))\n"
        "json.dump(rest, open(file, 'w'))\n"
        "ends = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + 900))\n"
        "status = dict(clientCertificateData=certificate, clientKeyData=key)\n"
        "print(json.dumps(dict(status=dict(status, expirationTimestamp=ends))))\n"
    )
    user = {"exec": {"command": sys.executable, "args": ["-c", program, str(tmp_path / "shown")]}}
    place = {"certificate-authority-data": encoded(authority.pair.certificate)}
    with (
        scripted(whoami, serving_tls(authority)) as url,
        connect(context_for(tmp_path, user, **{**place, "server": url}), {}) as client,
    ):
        assert client.get("/api") == {"certificate": ["alice"]}
        later = time.time() + 900
        monkeypatch.setattr(time, "time", lambda: later)
        assert client.get("/api") == {"certificate": ["bob"]}


def test_an_encrypted_key_asks_nobody_for_its_password(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    from cryptography.hazmat.primitives import serialization

    pair = authority.client("one", "alice")
    key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"hunter2"),
    )
    user = {
        "client-certificate-data": encoded(pair.certificate),
        "client-key-data": base64.b64encode(locked).decode(),
    }
    with pytest.raises(ClusterError, match="the client certificate of the context a") as caught:
        connect(context_for(tmp_path, user), {})
    assert "not encrypted" in caught.value.hint


@pytest.mark.parametrize(
    ("cluster", "user", "what"),
    [
        ({"proxy-url": "socks5://127.0.0.1:1"}, {}, "the proxy-url of the context a"),
        ({"proxy-url": "127.0.0.1:1"}, {}, "the proxy-url of the context a"),
        ({"server": "ftp://a"}, {}, "the context a names no server"),
        ({"certificate-authority-data": "YQ=="}, {}, "the certificate authority of the context a"),
        ({"certificate-authority": "none"}, {}, "none cannot be read"),
        ({}, {"client-certificate-data": "YQ=="}, "a client certificate or a key, and not both"),
        ({}, {"client-key-data": "YQ=="}, "a client certificate or a key, and not both"),
        ({}, {"client-certificate-data": "YWE" * 20000, "client-key-data": "YQ=="}, "far too"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_sent(
    tmp_path: Path, cluster: dict[str, Any], user: dict[str, Any], what: str
) -> None:
    with pytest.raises(ClusterError, match=what) as caught:
        connect(context_for(tmp_path, user, **cluster), {})
    assert "http" in caught.value.hint or "proxy" not in what


@contextmanager
def proxy(name: str, password: str) -> Iterator[tuple[str, list[str]]]:
    """An HTTP proxy: its address, and where it was told to connect to."""
    told: list[str] = []
    basic = base64.b64encode(f"{name}:{password}".encode()).decode()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            method, target, _ = self.rfile.readline().decode().split(" ")
            head = b"".join(iter(self.rfile.readline, b"\r\n")).decode()
            if method != "CONNECT" or f"Proxy-Authorization: Basic {basic}" not in head:
                self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
                return
            told.append(target)
            host, _, port = target.partition(":")
            with socket.create_connection((host, int(port))) as there:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=self._copy, args=(there, self.connection))
                back.start()
                self._copy(self.connection, there)
                back.join()

        @staticmethod
        def _copy(source: socket.socket, target: socket.socket) -> None:
            with suppress(OSError):
                while data := source.recv(65536):
                    target.sendall(data)
                target.shutdown(socket.SHUT_WR)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://{name}:{{}}@127.0.0.1:{server.server_address[1]}", told
        server.shutdown()
        thread.join()


def test_a_real_server_is_reached_through_a_proxy(cluster: Cluster, tmp_path: Path) -> None:
    given = json.loads(cluster.kubeconfig.read_text())
    place, user = given["clusters"][0]["cluster"], given["users"][0]["user"]
    with proxy("me", "secret") as (address, told):
        way = {**place, "proxy-url": address.format("secret")}
        with connect(context_for(tmp_path, user, **way), {}) as client:
            assert client.get("/version")
        assert told == [place["server"].removeprefix("https://")]
        way["proxy-url"] = address.format("hunter2")
        refused = context_for(tmp_path, user, **way)
        with connect(refused, {}) as client, pytest.raises(ApiError) as caught:
            client.get("/version")
        assert "407" in caught.value.why
        assert "hunter2" not in "".join(caught.value.lines()) + repr(access_of(refused, {}))


def test_the_secret_parts_of_an_access_are_not_in_its_representation(
    authority: CertificateAuthority, tmp_path: Path
) -> None:
    user = {"token": "hunter2", "username": "who", "password": "hunter3"}
    access = access_of(context_for(tmp_path, user), {})
    proof = asyncio.run(access.source.fetch())
    assert "hunter" not in f"{access!r}{proof!r}{context_for(tmp_path, user)!r}"
