"""A delivery wakes the bot if it is signed, new and of now."""

from __future__ import annotations

import hmac
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from reconciler.bot.log import log
from reconciler.bot.metrics import BotMetrics
from reconciler.daemon.deliveries import Deliveries
from reconciler.daemon.http import HttpServer
from reconciler.daemon.probes import Probes
from reconciler.daemon.webhook import MAX_BODY_BYTES, Gatekeeper

SECRET = b"between the forge and the bot"


@dataclass(frozen=True, slots=True)
class Running:
    port: int
    probes: int  # the port of their own
    woken: list[int]

    def probe(self, path: str) -> tuple[int, bytes]:
        return self.ask("GET", path, port=self.probes)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        port: int = 0,
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        found = answer.status, answer.read()
        connection.close()
        return found

    def deliver(self, body: bytes, headers: Mapping[str, str]) -> int:
        return self.ask("POST", "/webhook", body, headers)[0]


@pytest.fixture
def server() -> Iterator[Running]:
    woken: list[int] = []
    metrics = BotMetrics("test")
    site = Deliveries(Gatekeeper(SECRET), metrics.delivered, lambda: woken.append(1))
    probes = Probes(metrics.registry, lambda: "")
    with (
        HttpServer("127.0.0.1:0", site, log, "--http") as public,
        HttpServer("127.0.0.1:0", probes, log, "--metrics") as own,
    ):
        yield Running(public.port, own.port, woken)


def body_of(**fields: Any) -> bytes:
    return json.dumps({"action": "opened", **fields}).encode()


def mac(body: bytes, secret: bytes = SECRET) -> str:
    return hmac.new(secret, body, sha256).hexdigest()


def github(body: bytes, delivery: str = "1", secret: bytes = SECRET) -> dict[str, str]:
    return {"X-Hub-Signature-256": f"sha256={mac(body, secret)}", "X-GitHub-Delivery": delivery}


def gitea(body: bytes, delivery: str = "1", secret: bytes = SECRET) -> dict[str, str]:
    return {"X-Gitea-Signature": mac(body, secret), "X-Gitea-Delivery": delivery}


def gitlab(_: bytes, delivery: str = "1", secret: bytes = SECRET) -> dict[str, str]:
    return {"X-Gitlab-Token": secret.decode(), "X-Gitlab-Event-UUID": delivery}


FORGES = [github, gitea, gitlab]


@pytest.mark.parametrize("sign", FORGES)
def test_a_signed_delivery_wakes_the_bot(server: Running, sign: Any) -> None:
    body = body_of()
    assert server.deliver(body, sign(body)) == 202
    assert server.woken == [1]


@pytest.mark.parametrize("sign", FORGES)
def test_a_forged_one_does_not(server: Running, sign: Any) -> None:
    body = body_of()
    assert server.deliver(body, sign(body, secret=b"a guess")) == 401
    assert server.woken == []


def test_a_body_that_was_changed_is_forged(server: Running) -> None:
    assert server.deliver(body_of(number=2), github(body_of(number=1))) == 401


def test_one_without_a_signature_is_forged(server: Running) -> None:
    assert server.deliver(body_of(), {}) == 401


@pytest.mark.parametrize("sign", FORGES)
def test_a_replayed_one_is_refused_whatever_it_is_called(server: Running, sign: Any) -> None:
    body = body_of()
    assert server.deliver(body, sign(body, "1")) == 202
    assert server.deliver(body, sign(body, "1")) == 409
    assert server.deliver(body, sign(body, "2")) == 409
    assert server.deliver(body_of(number=2), sign(body_of(number=2), "1")) == 409
    assert server.woken == [1]


@pytest.mark.parametrize(
    ("age", "status"), [(timedelta(minutes=5), 202), (timedelta(hours=2), 403)]
)
def test_what_happened_long_ago_is_refused(server: Running, age: timedelta, status: int) -> None:
    time = (datetime.now(UTC) - age).isoformat()
    body = body_of(pull_request={"updated_at": time})
    assert server.deliver(body, github(body)) == status


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"text"', b"\xff"])
def test_what_is_no_event_is_refused(server: Running, body: bytes) -> None:
    assert server.deliver(body, github(body)) in (400, 401)
    assert server.woken == []


def test_a_body_over_the_limit_is_not_even_read(server: Running) -> None:
    headers = {**github(b""), "Content-Length": str(MAX_BODY_BYTES + 1)}
    assert server.deliver(b"", headers) == 413


def test_one_that_says_no_length_is_refused(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        signed = b"X-Gitlab-Token: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        raw.sendall(b"POST /webhook HTTP/1.0\r\n" + signed)
        assert b" 411 " in raw.recv(1000)


def test_many_at_once_are_told_apart(server: Running) -> None:
    body = body_of()
    answers: list[int] = []

    def deliver() -> None:
        answers.append(server.deliver(body, github(body)))

    threads = [threading.Thread(target=deliver) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [202] + [409] * 19


def test_health_and_metrics_are_told_and_nothing_else(server: Running) -> None:
    body = body_of()
    server.deliver(body, github(body, secret=b"a guess"))
    assert server.probe("/healthz") == (200, b"ok\n")
    assert server.probe("/readyz")[0] == 200
    status, metrics = server.probe("/metrics")
    assert status == 200
    assert b'reconciler_bot_webhooks_total{answer="forged"} 1.0' in metrics
    assert server.probe("/")[0] == 404
    assert server.ask("POST", "/healthz", port=server.probes)[0] == 405


@pytest.mark.parametrize("path", ["/", "/webhook", "/healthz", "/readyz", "/metrics"])
def test_whom_the_forge_s_address_is_open_to_is_told_nothing_else(
    server: Running, path: str
) -> None:
    assert server.ask("GET", path) == (404, b"nothing is here\n")
