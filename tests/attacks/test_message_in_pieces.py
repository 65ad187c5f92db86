"""A message that arrives in pieces costs what it has in bytes, and is counted while it waits."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from hpack import Decoder

from reconciler.argocd.server import http2_frames
from reconciler.argocd.server.http2_frames import frame
from tests.argocd.client import DEPLOYMENT, FLEET, WEB, Plugin, archive
from tests.argocd.conftest import plugin as plugin
from tests.argocd.conftest import start as start
from tests.argocd.server.test_http2 import GREETING, MARK, PONG, headers
from tests.attacks.sidecar import MIB, User, peak_of

SECONDS = 20
BEGIN = frame(http2_frames.HEADERS, http2_frames.END_HEADERS, 1, headers())


@contextmanager
def connected(plugin: Plugin) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(plugin.socket))
        client.settimeout(SECONDS)
        client.sendall(GREETING)
        yield client


def said(client: socket.socket) -> bytes:
    """All that comes back until the ping does, or nothing more."""
    got = b""
    while PONG not in got and (more := client.recv(1 << 16)):
        got += more
    return got


def status(answer: bytes) -> dict[str, str]:
    """How a call ended."""
    decoder, at = Decoder(), 0
    found: dict[str, str] = {}
    while at + http2_frames.HEAD <= len(answer):
        upper, lower, kind, _, _ = http2_frames.FRAME.unpack_from(answer, at)
        end = at + http2_frames.HEAD + (upper << 8 | lower)
        if kind == http2_frames.HEADERS:
            found |= {
                str(k): str(v) for k, v in decoder.decode(answer[at + http2_frames.HEAD : end])
            }
        at = end
    return found


def pieces(message: bytes, size: int) -> bytes:
    return b"".join(
        frame(http2_frames.DATA, 0, 1, message[at : at + size])
        for at in range(0, len(message), size)
    )


def test_a_message_that_says_that_it_is_large_is_refused_at_once(plugin: Plugin) -> None:
    """The repository comes in pieces, and all else of a request is small."""
    with connected(plugin) as client:
        head = b"\0" + (48 * MIB).to_bytes(4, "big")
        client.sendall(BEGIN + pieces(head + bytes(64 << 10), 1024))
        client.sendall(
            frame(http2_frames.DATA, http2_frames.END_STREAM, 1)
            + frame(http2_frames.PING, 0, 0, MARK)
        )
        answer = status(said(client))
    assert answer["grpc-status"] == "8"
    assert answer["grpc-message"] == "a message is larger than 4 MiB"


def test_a_piece_of_a_large_message_costs_what_one_of_a_small_one_does(plugin: Plugin) -> None:
    """Where all that is there were copied for each piece, it would be ten times as much."""

    def per_piece(length: int) -> float:
        message = b"\0" + length.to_bytes(4, "big") + bytes(length - 1)
        data = BEGIN + pieces(message, 64) + frame(http2_frames.PING, 0, 0, MARK)
        best = float("inf")
        for _ in range(5):
            with connected(plugin) as client:
                began = time.monotonic()
                client.sendall(data)
                said(client)
                best = min(best, time.monotonic() - began)
        return best / (length / 64)

    assert per_piece(MIB) < 4 * per_piece(64 << 10)
    assert User(plugin, "shop").deploy() == DEPLOYMENT


def test_what_waits_for_the_rest_of_its_message_is_counted(start: Callable[..., Any]) -> None:
    count = 100
    unfinished = b"\0" + MIB.to_bytes(4, "big") + bytes(MIB - 1000)
    with start("--timeout", str(SECONDS), "--memory", "512") as plugin:
        assert User(plugin, "shop").deploy() == DEPLOYMENT
        with ExitStack() as stack, peak_of(plugin) as peak:
            usual = peak["server"]
            clients = [stack.enter_context(connected(plugin)) for _ in range(count)]
            for client in clients:
                client.sendall(BEGIN + pieces(unfinished, 16 << 10))
                client.sendall(frame(http2_frames.PING, 0, 0, MARK))
                said(client)
            for client in clients:
                end = frame(http2_frames.DATA, http2_frames.END_STREAM, 1)
                client.sendall(end + frame(http2_frames.PING, 0, 0, MARK))
            statuses = [status(said(c)) for c in clients[-10:]]
        assert {s["grpc-status"] for s in statuses} == {"8"}
        assert peak["server"] < usual + 160 * MIB
        assert User(plugin, "shop").deploy() == DEPLOYMENT


def test_headers_that_are_continued_with_nothing_end_the_connection(plugin: Plugin) -> None:
    with connected(plugin) as client:
        client.sendall(frame(http2_frames.HEADERS, 0, 1, headers()))
        client.sendall(frame(http2_frames.CONTINUATION, 0, 1) * 10)
        answer = said(client)
    assert b"continued with nothing" in answer
    assert User(plugin, "shop").deploy() == DEPLOYMENT


def test_settings_pings_and_resets_in_masses_hold_nobody_up(plugin: Plugin) -> None:
    """Settings that touch each of a thousand open streams, two thousand times in a frame."""
    victim = User(plugin, "shop")
    window = http2_frames.INITIAL_WINDOW.to_bytes(2, "big") + (1 << 16).to_bytes(4, "big")
    many = frame(http2_frames.SETTINGS, 0, 0, window * 2700) * 20
    streams = b"".join(
        frame(http2_frames.HEADERS, http2_frames.END_HEADERS, n, headers())
        for n in range(1, 800, 2)
    )
    resets = b"".join(http2_frames.reset(n, 8) for n in range(1, 800, 2))
    pings = frame(http2_frames.PING, 0, 0, b"another!") * 2000
    with connected(plugin) as client:
        client.sendall(streams + frame(http2_frames.PING, 0, 0, MARK))
        said(client)
        began = time.monotonic()
        client.sendall(many + pings + resets)
        assert victim.deploy() == DEPLOYMENT
        assert time.monotonic() - began < SECONDS / 2
    assert victim.ask(archive({**FLEET, "after": "all"}), WEB) == DEPLOYMENT
