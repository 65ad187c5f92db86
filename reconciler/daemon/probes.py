"""Health, readiness and metrics over HTTP, for the kubelet and Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from reconciler.daemon.http import HttpRequest, HttpResponse, text


@dataclass(frozen=True, slots=True)
class Probes:
    """`ready` says why the process is not, or nothing."""

    registry: CollectorRegistry
    ready: Callable[[], str]
    max_body_bytes: int = 0

    def refuse(self, request: HttpRequest) -> HttpResponse | None:
        return None if request.method == "GET" else text("405 Method Not Allowed", "only GET")

    def answer(self, request: HttpRequest, body: bytes) -> HttpResponse:
        match request.path:
            case "/healthz":
                return text("200 OK", "ok")
            case "/readyz":
                why = self.ready()
                return text("503 Service Unavailable" if why else "200 OK", why or "ok")
            case "/metrics":
                encode, kind = choose_encoder(request.headers.get("accept", ""))
                return HttpResponse("200 OK", encode(self.registry), kind)
            case _:
                return text("404 Not Found", "there are /healthz, /readyz and /metrics")
