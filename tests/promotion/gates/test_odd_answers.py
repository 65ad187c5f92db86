"""What answers at an address of environment.yaml may be anything."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from reconciler.model.entry import Entry
from reconciler.model.health import Prometheus
from reconciler.promotion.gates.sources import prometheus
from reconciler.promotion.gates.sources.evidence import LARGEST_ANSWER, Asked
from tests.promotion.gates.paper import NOW

ASKED = Asked(Entry("stage", "paw"), NOW - timedelta(hours=1), NOW, lambda _: True)


@contextmanager
def answering(content: bytes, encoding: str = "identity") -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Encoding", encoding)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            try:
                self.wfile.write(content)
            except OSError:
                self.close_connection = True

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"7", b"null", b"<html>", b"[" * 100_000, b'{"status": "success"}', b"\xff"],
    ids=lambda content: content[:8].decode(errors="replace"),
)
def test_what_is_no_prometheus_tells_nothing(content: bytes) -> None:
    with answering(content) as url, httpx.Client() as client:
        found = prometheus.look(Prometheus(url=url, query="up"), ASKED, client)
    assert (found.healthy, found.blind) == (None, True)
    assert found.said == f"what answers at {url} is no Prometheus"


def test_an_answer_that_unpacks_to_very_much_is_not_kept() -> None:
    bomb = gzip.compress(bytes(20 * LARGEST_ANSWER), 1)
    with answering(bomb, "gzip") as url, httpx.Client() as client:
        tracemalloc.start()
        found = prometheus.look(Prometheus(url=url, query="up"), ASKED, client)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert "the result is too large" in found.said
    assert most < 6 * LARGEST_ANSWER
