"""Whatever bytes come over HTTP: an answer or an end, never a fault.

RECONCILER_FUZZ=100000 makes the hunt as long as that.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import os
import random
import socket
from collections.abc import Iterator
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.bot.metrics import BotMetrics
from reconciler.daemon import http
from reconciler.daemon.deliveries import Deliveries
from reconciler.daemon.http import MAX_HEAD_BYTES, HttpResponse, HttpServer, read_head
from reconciler.daemon.webhook import MAX_BODY_BYTES, Gatekeeper
from reconciler.errors import UsageError
from tests.damage import damaged

HUNT = int(os.environ.get("RECONCILER_FUZZ", "0"))
pytestmark = pytest.mark.timeout(0 if HUNT else 300)
SECRET = b"between the forge and the bot"
BODY = b'{"action": "opened", "pull_request": {"number": 7}}'
MAC = hmac.new(SECRET, BODY, sha256).hexdigest()
log = logging.getLogger("tests.httpd")


def post(body: bytes = BODY, **headers: str) -> bytes:
    known = {"Host": "bot.example", "Content_Length": str(len(body)), **headers}
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in known.items())
    return f"POST /webhook HTTP/1.1\r\n{lines}\r\n".encode() + body


SIGNED = post(X_Hub_Signature_256=f"sha256={MAC}", X_GitHub_Delivery="1")


class Bench:
    """The bot's public address without the network, and how often it was woken."""

    def __init__(self, server: HttpServer, site: Deliveries) -> None:
        self.server = server
        self.site = site
        self.woken = 0

    async def send(self, data: bytes, pieces: int = 1) -> HttpResponse | None:
        reader = asyncio.StreamReader(limit=MAX_HEAD_BYTES)
        answer = asyncio.ensure_future(self.server.respond(reader))
        step = max(1, -(-len(data) // pieces))
        for at in range(0, len(data), step):
            reader.feed_data(data[at : at + step])
            if pieces > 1:
                await asyncio.sleep(0)
        reader.feed_eof()
        return await answer

    def status(self, data: bytes, pieces: int = 1) -> int:
        found = asyncio.run(self.send(data, pieces))
        return int(found.status[:3]) if found else 0


@pytest.fixture
def bench(caplog: pytest.LogCaptureFixture) -> Iterator[Bench]:
    def wake() -> None:
        found.woken += 1

    site = Deliveries(Gatekeeper(SECRET), BotMetrics("test").delivered, wake)
    with HttpServer("127.0.0.1:0", site, log, "--http") as server:
        found = Bench(server, site)
        yield found
    assert not caplog.records


@pytest.mark.parametrize("pieces", [1, 7, len(SIGNED)])
def test_a_request_is_answered_however_its_bytes_are_cut(bench: Bench, pieces: int) -> None:
    assert bench.status(SIGNED, pieces) == 202
    assert bench.woken == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (post(), 401),
        (post(X_Gitlab_Token="guess"), 401),
        (post(X_Gitlab_Token="x", Content_Length="²"), 411),
        (post(X_Gitlab_Token="x", Content_Length="-1"), 411),
        (post(X_Gitlab_Token="x", Content_Length="+5"), 411),
        (post(X_Gitlab_Token="x", Content_Length="0x5"), 411),
        (post(X_Gitlab_Token="x", Content_Length="5, 5"), 411),
        (post(X_Gitlab_Token="x", Content_Length="9" * 5000), 413),
        (post(X_Gitlab_Token="x", Content_Length=str(MAX_BODY_BYTES + 1)), 413),
        (post(X_Gitlab_Token="x", Transfer_Encoding="chunked"), 411),
        (post(X_Gitlab_Token="x", X="y" * MAX_HEAD_BYTES), 431),
        (b"x" * (MAX_HEAD_BYTES + 100), 431),
        (b"GET / HTTP/1.1\r\n\r\n", 404),
        (b"GET  / HTTP/1.1\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"G\xff / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nspaced : x\r\n\r\n", 400),
        (b"", 0),
        (b"POST /webhook HTTP/1.1\r\nX-Gitlab-To", 0),
        (SIGNED[:-1], 0),
    ],
)
def test_what_is_no_proper_delivery_is_refused(bench: Bench, sent: bytes, status: int) -> None:
    assert bench.status(sent) == status
    assert bench.woken == 0


def test_a_header_that_comes_twice_has_both_values() -> None:
    found = read_head(b"GET /x?y=1 HTTP/1.0\r\nA: 1\r\na:  2 \r\n\r\n")
    assert found
    assert (found.path, found.headers) == ("/x", {"a": "1, 2"})


def test_no_more_bodies_are_read_at_once_than_there_is_room_for(bench: Bench) -> None:
    head = post(b"", X_Gitlab_Token="guess", Content_Length=str(MAX_BODY_BYTES))

    async def work() -> list[str]:
        readers = [asyncio.StreamReader(limit=MAX_HEAD_BYTES) for _ in range(20)]
        for reader in readers:
            reader.feed_data(head)
        answers = [asyncio.ensure_future(bench.server.respond(r)) for r in readers]
        done, waiting = await asyncio.wait(answers, return_when=asyncio.FIRST_COMPLETED)
        while len(waiting) > http.MAX_BODIES_AT_ONCE:
            more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            done |= more
        for reader in readers:
            reader.feed_eof()
        await asyncio.wait(waiting)
        return [found.status[:3] for answer in done if (found := answer.result())]

    assert asyncio.run(work()) == ["503"] * (20 - http.MAX_BODIES_AT_ONCE)
    assert bench.status(SIGNED) == 202


def test_one_that_takes_too_long_is_told_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_REQUEST_SECONDS", 0.2)

    async def drip() -> HttpResponse | None:
        reader = asyncio.StreamReader(limit=MAX_HEAD_BYTES)
        answer = asyncio.ensure_future(bench.server.respond(reader))
        while not answer.done():
            reader.feed_data(b"x")
            await asyncio.sleep(0.01)
        return answer.result()

    assert asyncio.run(drip()) == http.TOO_LATE


class Broken:
    max_body_bytes = 0

    def refuse(self, request: object) -> HttpResponse | None:
        raise RuntimeError("a fault")

    def answer(self, request: object, body: bytes) -> HttpResponse:
        raise NotImplementedError


def test_a_fault_of_ours_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    with (
        HttpServer("127.0.0.1:0", Broken(), log, "--http") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw,
    ):
        raw.sendall(b"GET / HTTP/1.1\r\n\r\n")
        said = raw.recv(1000)
    assert said.startswith(b"HTTP/1.1 500 ")
    assert b"a fault" not in said
    assert [record.message for record in caplog.records] == ["a request could not be answered"]


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:²", ":-1"])
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(UsageError, match="is not an address"):
        HttpServer(address, Broken(), log, "--http")


def test_a_port_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UsageError, match="nothing can listen") as caught:
            HttpServer(address, Broken(), log, "--metrics")
    assert caught.value.hint == "name another in --metrics"


def test_any_damage_to_a_real_delivery_wakes_nobody_and_is_harmless(bench: Bench) -> None:
    """Bytes changed, dropped, doubled and cut. What is taken all the same has the very body."""
    rng = random.Random(7)

    async def work() -> dict[int, int]:
        found: dict[int, int] = {}
        for _ in range(HUNT or 500):
            data = damaged(SIGNED, rng)
            answer = await bench.send(data, rng.choice((1, 3)))
            status = int(answer.status[:3]) if answer else 0
            found[status] = found.get(status, 0) + 1
            if status in (202, 409):
                assert BODY in data
        return found

    found = asyncio.run(work())
    print(found)
    assert found.keys() <= {0, 202, 400, 401, 404, 409, 411, 413}
    assert bench.woken == found.get(202, 0)


ANY_HEAD = st.lists(
    st.one_of(
        st.binary(max_size=30),
        st.sampled_from(
            [
                b"POST /webhook HTTP/1.1\r\n",
                b"GET /metrics HTTP/1.0\r\n",
                b"Content-Length: 3\r\n",
                b"Content-Length: 9999999\r\n",
                b"X-Hub-Signature-256: sha256=0\r\n",
                b"X-Gitlab-Token: \xff\r\n",
                b"\r\n",
                b"\r\n\r\n",
            ]
        ),
    ),
    max_size=12,
).map(b"".join)


def test_any_bytes_are_answered_or_the_connection_ends(bench: Bench) -> None:
    @settings(max_examples=min(HUNT or 300, 1000))
    @given(ANY_HEAD, st.integers(1, 5))
    def each(sent: bytes, pieces: int) -> None:
        assert bench.status(sent, pieces) in (0, 400, 401, 404, 411, 413)

    each()
    assert bench.woken == 0
