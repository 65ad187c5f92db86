"""Clients of a real API server, and of one that answers as a test wants."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from reconciler.cluster.api_access import Access
from reconciler.cluster.auth import FixedProof, Proof, ProofSource
from reconciler.cluster.blocking_client import BlockingApiClient, connect
from reconciler.cluster.kubeconfig import read_kubeconfig
from reconciler.testbed.authority import CertificateAuthority, KeyPair
from tests.testbed.plugin import Cluster


@pytest.fixture
def client(cluster: Cluster) -> Iterator[BlockingApiClient]:
    """An administrator's."""
    context = read_kubeconfig([str(cluster.kubeconfig)]).context()
    with connect(context, os.environ) as opened:
        yield opened


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path / "pki")


def serving_tls(authority: CertificateAuthority, pair: KeyPair | None = None) -> ssl.SSLContext:
    """It takes client certificates of the authority, and needs none."""
    shown = pair or authority.server()
    found = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cafile=str(authority.pair.certificate)
    )
    found.load_cert_chain(shown.certificate, shown.key)
    found.verify_mode = ssl.CERT_OPTIONAL
    return found


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    certificate: list[str]  # whom the client's is for


@dataclass(frozen=True, slots=True)
class Say:
    """An answer; the connection breaks instead if the status is 0."""

    status: int = 200
    value: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def scripted(answer: Callable[[Seen], Say], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            shown: Any = {}
            if isinstance(self.connection, ssl.SSLSocket):
                shown = self.connection.getpeercert() or {}
            names = [value for ((_, value),) in shown.get("subject", ())]
            said = answer(Seen(self.command, self.path, dict(self.headers), body, names))
            if not said.status:
                self.close_connection = True
                return
            value = said.value
            content = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(said.status)
            for name, text in {**said.headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = handle_one  # noqa: N815

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def access_to(url: str, source: ProofSource | None = None, **more: Any) -> Access:
    return Access("a test", url, source or FixedProof(Proof()), **more)


@contextmanager
def answered(*answers: Say, source: ProofSource | None = None) -> Iterator[Answered]:
    """A client whose requests are given these answers, one after the other."""
    left, seen = list(answers), list[Seen]()

    def answer(request: Seen) -> Say:
        seen.append(request)
        return left.pop(0)

    with scripted(answer) as url, BlockingApiClient(access_to(url, source)) as client:
        yield Answered(client, seen, left)


@dataclass(frozen=True, slots=True)
class Answered:
    client: BlockingApiClient
    seen: list[Seen]
    left: list[Say]
