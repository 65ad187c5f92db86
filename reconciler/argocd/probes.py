"""Health, readiness and metrics over HTTP, for the kubelet and Prometheus."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from reconciler.errors import UsageError

Start = Callable[[str, list[tuple[str, str]]], Any]


class Probes:
    """An HTTP server of its own thread: it answers whatever else is busy."""

    def __init__(self, address: str, registry: CollectorRegistry, ready: Callable[[], str]) -> None:
        """`ready` says why the plugin is not, or nothing."""
        host, _, port = address.rpartition(":")
        if not port.isdigit():
            raise UsageError(f"{address} is no address", hint="write HOST:PORT")
        self._ready = ready
        self._metrics = make_wsgi_app(registry)
        try:
            self._server = make_server(host.strip("[]"), int(port), self._answer, _Server, _Quiet)
        except (OSError, OverflowError) as e:
            raise UsageError(
                f"nothing can listen on {address}", why=str(e), hint="name another in --http"
            ) from e
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Probes:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, environment: dict[str, Any], start: Start) -> Iterable[bytes]:
        match environment.get("PATH_INFO"):
            case "/healthz":
                return _text(start, "200 OK", "ok")
            case "/readyz":
                why = self._ready()
                return _text(start, "503 Service Unavailable" if why else "200 OK", why or "ok")
            case "/metrics":
                found: Iterable[bytes] = self._metrics(environment, start)
                return found
            case _:
                return _text(start, "404 Not Found", "there are /healthz, /readyz and /metrics")


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = 10

    def log_message(self, *_: object) -> None:
        pass


def _text(start: Start, status: str, text: str) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode() + b"\n"]
