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

from reconciler.bot.metrics import Metrics
from reconciler.bot.server import Server
from reconciler.bot.webhook import LARGEST, Gatekeeper

SECRET = b"between the forge and the bot"


@dataclass(frozen=True, slots=True)
class Running:
    port: int
    woken: list[int]

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
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
    opened = Server(
        "127.0.0.1:0", Metrics("test"), lambda: "", Gatekeeper(SECRET), lambda: woken.append(1)
    )
    with opened as found:
        yield Running(found.port, woken)


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
    headers = {**github(b""), "Content-Length": str(LARGEST + 1)}
    assert server.deliver(b"", headers) == 413


def test_one_that_says_no_length_is_refused(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        raw.sendall(b"POST /webhook HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")
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
    assert server.ask("GET", "/healthz") == (200, b"ok\n")
    assert server.ask("GET", "/readyz")[0] == 200
    status, metrics = server.ask("GET", "/metrics")
    assert status == 200
    assert b'promote_webhooks_total{answer="forged"} 1.0' in metrics
    assert server.ask("GET", "/webhook")[0] == 404
    assert server.ask("GET", "/")[0] == 404
