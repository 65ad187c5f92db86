"""HTTP: deliveries of the forge, and what a kubelet and Prometheus ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from reconciler.bot.metrics import Metrics
from reconciler.bot.webhook import LARGEST, Answer, Delivery, Gatekeeper
from reconciler.probes import Probes, Start, text


class Server(Probes):
    """Takes deliveries beside the probes."""

    def __init__(
        self,
        address: str,
        metrics: Metrics,
        ready: Callable[[], str],
        gatekeeper: Gatekeeper | None,
        wake: Callable[[], None],
    ) -> None:
        """Without a gatekeeper no delivery is taken."""
        self._deliveries = metrics
        self._gatekeeper = gatekeeper
        self._wake = wake
        super().__init__(address, metrics.registry, ready)

    def answer(self, environment: dict[str, Any], start: Start) -> Iterable[bytes]:
        match environment.get("REQUEST_METHOD"), environment.get("PATH_INFO"):
            case "GET", "/healthz" | "/readyz" | "/metrics":
                return super().answer(environment, start)
            case "POST", "/webhook" if self._gatekeeper:
                return text(start, *self._deliver(environment, self._gatekeeper))
            case _:
                return text(start, "404 Not Found", "nothing is here")

    def _deliver(self, environment: dict[str, Any], gatekeeper: Gatekeeper) -> tuple[str, str]:
        length = str(environment.get("CONTENT_LENGTH") or "")
        if not length.isdigit():
            return "411 Length Required", "say how long it is"
        if int(length) > LARGEST:
            return "413 Content Too Large", "too large"
        body = environment["wsgi.input"].read(int(length))
        answer = gatekeeper.judge(Delivery(_headers(environment), body), datetime.now(UTC))
        self._deliveries.delivered(answer.name)
        if answer is Answer.taken:
            self._wake()
        return answer.value, answer.name


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
