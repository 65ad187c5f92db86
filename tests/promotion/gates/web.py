"""A small server on loopback that is what a test wants: an app, a Prometheus, an API server."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

Answer = tuple[int, Any]
Answers = Callable[[str, Mapping[str, str]], Answer]


@contextmanager
def serving(answers: Answers, password: str = "", encoding: str = "identity") -> Iterator[str]:
    """Its URL; `answers` gets a path and the form that was sent, if the `password` is right.

    Who asks need not hear all of it.
    """
    basic = f"Basic {b64encode(f'bot:{password}'.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(sent).items()})

        def _answer(self, form: Mapping[str, str]) -> None:
            known = not password or self.headers["Authorization"] == basic
            status, value = answers(self.path, form) if known else (401, b"")
            body = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Encoding", encoding)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
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


def prometheus(healthy: Callable[[float], list[str] | None]) -> Answers:
    """What Prometheus answers to a query over a range: the values at each moment, a series each.

    The project's own server is not among the peers; the shape is that of its HTTP API.
    """

    def answers(path: str, form: Mapping[str, str]) -> Answer:
        assert path == "/api/v1/query_range"
        begin, end, step = (int(form[name]) for name in ("start", "end", "step"))
        assert (end - begin) // step < 11_000
        series: dict[int, list[tuple[int, str]]] = {}
        for moment in range(begin, end + 1, step):
            for i, value in enumerate(healthy(moment) or ()):
                series.setdefault(i, []).append((moment, value))
        result = [{"metric": {"pod": str(i)}, "values": v} for i, v in series.items()]
        return 200, {"status": "success", "data": {"resultType": "matrix", "result": result}}

    return answers
