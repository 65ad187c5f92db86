"""HTTP: deliveries of the forge, and what a kubelet and Prometheus ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

from reconciler.bot.metrics import Metrics
from reconciler.bot.webhook import LARGEST, Answer, Delivery, Gatekeeper
from reconciler.errors import UsageError

Start = Callable[[str, list[tuple[str, str]]], Any]
SECONDS = 10  # for one request to come in


class Server:
    """Answers in threads of its own, whatever else is busy."""

    def __init__(
        self,
        address: str,
        metrics: Metrics,
        ready: Callable[[], str],
        gatekeeper: Gatekeeper | None,
        wake: Callable[[], None],
    ) -> None:
        """`ready` says why the bot is not. Without a gatekeeper no delivery is taken."""
        host, _, port = address.rpartition(":")
        if not port.isdigit():
            raise UsageError(f"{address} is no address", hint="write HOST:PORT")
        self._metrics = metrics
        self._exposed = make_wsgi_app(metrics.registry)
        self._ready = ready
        self._gatekeeper = gatekeeper
        self._wake = wake
        try:
            self._server = make_server(host.strip("[]"), int(port), self._answer, _Server, _Quiet)
        except (OSError, OverflowError) as e:
            raise UsageError(
                f"nothing can listen on {address}", why=str(e), hint="name another in --http"
            ) from e
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, environment: dict[str, Any], start: Start) -> Iterable[bytes]:
        match environment.get("REQUEST_METHOD"), environment.get("PATH_INFO"):
            case "GET", "/healthz":
                return _text(start, "200 OK", "ok")
            case "GET", "/readyz":
                why = self._ready()
                return _text(start, "503 Service Unavailable" if why else "200 OK", why or "ok")
            case "GET", "/metrics":
                found: Iterable[bytes] = self._exposed(environment, start)
                return found
            case "POST", "/webhook" if self._gatekeeper:
                return _text(start, *self._deliver(environment, self._gatekeeper))
            case _:
                return _text(start, "404 Not Found", "nothing is here")

    def _deliver(self, environment: dict[str, Any], gatekeeper: Gatekeeper) -> tuple[str, str]:
        length = str(environment.get("CONTENT_LENGTH") or "")
        if not length.isdigit():
            return "411 Length Required", "say how long it is"
        if int(length) > LARGEST:
            return "413 Content Too Large", "too large"
        body = environment["wsgi.input"].read(int(length))
        answer = gatekeeper.judge(Delivery(_headers(environment), body), datetime.now(UTC))
        self._metrics.delivered(answer.name)
        if answer is Answer.taken:
            self._wake()
        return answer.value, answer.name


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = SECONDS

    def log_message(self, *_: object) -> None:
        pass


class _Headers(dict[str, str]):
    """By their names in whatever case."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.upper().replace("-", "_"), default)


def _headers(environment: dict[str, Any]) -> _Headers:
    return _Headers(
        (name.removeprefix("HTTP_"), str(value))
        for name, value in environment.items()
        if name.startswith("HTTP_")
    )


def _text(start: Start, status: str, text: str) -> Iterable[bytes]:
    start(status, [("Content-Type", "text/plain; charset=utf-8")])
    return [text.encode() + b"\n"]
