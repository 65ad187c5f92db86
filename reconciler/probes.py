"""Health, readiness and metrics over HTTP, for the kubelet and Prometheus."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from reconciler.errors import UsageError

Start = Callable[[str, list[tuple[str, str]]], Any]
SECONDS = 10  # for one request to come in


class Probes:
    """An HTTP server of its own thread: it answers whatever else is busy."""

    def __init__(self, address: str, registry: CollectorRegistry, ready: Callable[[], str]) -> None:
        """`ready` says why the process is not, or nothing."""
        host, _, port = address.rpartition(":")
        if not port.isdigit():
            raise UsageError(f"{address} is no address", hint="write HOST:PORT")
        self._ready = ready
        self._metrics = make_wsgi_app(registry)
        try:
            self._server = make_server(host.strip("[]"), int(port), self.answer, _Server, _Quiet)
        except (OSError, OverflowError) as e:
            raise UsageError(
                f"nothing can listen on {address}", why=str(e), hint="name another in --http"
            ) from e
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, environment: dict[str, Any], start: Start) -> Iterable[bytes]:
        match environment.get("PATH_INFO"):
            case "/healthz":
                return text(start, "200 OK", "ok")
            case "/readyz":
                why = self._ready()
                return text(start, "503 Service Unavailable" if why else "200 OK", why or "ok")
            case "/metrics":
                found: Iterable[bytes] = self._metrics(environment, start)
                return found
            case _:
                return text(start, "404 Not Found", "there are /healthz, /readyz and /metrics")


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = SECONDS

    def log_message(self, *_: object) -> None:
        pass


def text(start: Start, status: str, said: str) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [said.encode() + b"\n"]
