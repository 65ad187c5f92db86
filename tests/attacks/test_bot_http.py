"""Whoever reaches the bot's address, and proves nothing, takes neither its memory nor its threads.

What it says of itself is at another address, and its log stays one of JSON.
"""

from __future__ import annotations

import hmac
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from reconciler.testbed.loopback import accepts, free_port
from tests.conftest import Repo
from tests.promotion.fleet import Fleet

SECRET = "between the forge and the bot"
MIB = 1 << 20
PATIENCE = 60  # of a test, on a machine that is busy

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory and threads are in /proc")


@dataclass(frozen=True, slots=True)
class Bot:
    process: subprocess.Popen[str]
    port: int

    def figure(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith(f"{name}:")]
        return int(line.split()[1])

    def send(self, data: bytes) -> socket.socket:
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        raw.sendall(data)
        return raw

    def answer(self, data: bytes) -> bytes:
        with self.send(data) as raw:
            return raw.makefile("rb").readline()

    def deliver(self, body: bytes, name: str) -> int:
        mac = hmac.new(SECRET.encode(), body, sha256).hexdigest()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"X-Gitea-Signature": mac, "X-Gitea-Delivery": name}
        connection.request("POST", "/webhook", body, headers)
        status = connection.getresponse().status
        connection.close()
        return status

    def said(self) -> list[str]:
        """All that it wrote on standard error, once it is ended."""
        self.process.terminate()
        return self.process.communicate(timeout=PATIENCE)[1].splitlines()


@contextmanager
def running(repo: Repo, *words: str) -> Iterator[Bot]:
    for name in ("name", "email"):
        repo.git("config", f"user.{name}", "bot@fleet.example")
    Fleet(repo)
    port = free_port()
    listen = ["--interval", "3600", "--http", f"127.0.0.1:{port}", *words]
    process = subprocess.Popen(
        [sys.executable, "-m", "reconciler", "bot", *listen],
        cwd=repo.path,
        env={
            **os.environ,
            "RECONCILER_WEBHOOK_SECRET": SECRET,
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + PATIENCE
    while not accepts(port):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.05)
    try:
        yield Bot(process, port)
    finally:
        process.kill()
        process.communicate()


def post(**headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"POST /webhook HTTP/1.1\r\nHost: bot\r\n{lines}\r\n".encode("latin-1")


@pytest.mark.parametrize("proof", [{}, {"X_Gitlab_Token": "a guess"}])
def test_many_who_send_a_large_body_take_little(repo: Repo, proof: dict[str, str]) -> None:
    with running(repo) as bot, ExitStack() as senders:
        assert bot.deliver(b"{}", "before") == 202
        memory, threads = bot.figure("VmRSS"), bot.figure("Threads")
        part = b"x" * (4 * MIB)
        for _ in range(100):
            raw = bot.send(post(Content_Length=str(5 * MIB), **proof))
            senders.callback(raw.close)
            raw.settimeout(0.2)
            with suppress(OSError):  # it was refused
                raw.sendall(part)
        assert bot.figure("Threads") <= threads + 2
        assert bot.figure("VmRSS") < memory + 130 * 1024
        senders.close()
        until = time.monotonic() + PATIENCE
        while bot.deliver(b'{"after": 1}', str(time.monotonic())) == 503:
            assert time.monotonic() < until
        assert all(json.loads(line) for line in bot.said())


def test_a_length_that_is_none_is_refused_and_no_fault(repo: Repo) -> None:
    with running(repo) as bot:
        for length in ("²", "9" * 5000, "-1", "1e3", "5, 5", ""):
            said = bot.answer(post(X_Gitlab_Token="a guess", Content_Length=length))
            assert said.split()[1] in (b"411", b"413"), (length[:4], said)
        assert all(json.loads(line) for line in bot.said())


def test_one_that_drips_is_done_with_in_time(repo: Repo) -> None:
    """A byte each second is no request, however long it goes on."""
    with running(repo) as bot:
        raw = bot.send(post(X_Gitlab_Token="a guess", Content_Length="1000"))
        raw.settimeout(1)
        said = b""
        for _ in range(30):
            try:
                raw.sendall(b"x")
                said += raw.recv(1000)
            except TimeoutError:
                continue
            except OSError:
                break
            if said:
                break
        assert said.startswith(b"HTTP/1.1 408"), said
        raw.close()
        assert bot.deliver(b"{}", "after") == 202
        assert all(json.loads(line) for line in bot.said())


def test_a_signed_body_that_is_too_deep_is_no_fault(repo: Repo) -> None:
    with running(repo) as bot:
        assert bot.deliver(b"[" * 1_000_000, "deep") == 400
        assert all(json.loads(line) for line in bot.said())


def test_what_the_bot_says_of_itself_is_not_where_the_forge_speaks_to_it(repo: Repo) -> None:
    with running(repo) as bot:
        for path in ("/metrics", "/readyz", "/healthz", "/"):
            assert b" 404 " in bot.answer(f"GET {path} HTTP/1.1\r\n\r\n".encode())


def test_those_who_fill_the_public_address_do_not_reach_the_probes(repo: Repo) -> None:
    own = free_port()
    with running(repo, "--metrics", f"127.0.0.1:{own}") as bot, ExitStack() as idle:
        assert bot.answer(b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 404")  # it serves
        for _ in range(100):
            idle.callback(bot.send(b"POST /webhook").close)
        assert bot.answer(b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 503")
        connection = http.client.HTTPConnection("127.0.0.1", own, timeout=PATIENCE)
        for path in ("/healthz", "/readyz", "/metrics"):
            connection.request("GET", path)
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)
            connection.close()
