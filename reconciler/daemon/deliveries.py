"""Where the forge says that something happened: a process wakes, and looks for itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.daemon.http import HttpRequest, HttpResponse, text
from reconciler.daemon.webhook import MAX_BODY_BYTES, Delivery, DeliveryAnswer, Gatekeeper

NOTHING = text("404 Not Found", "nothing is here")


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Without a gatekeeper none is taken; `counted` is told how each was answered."""

    gatekeeper: Gatekeeper | None
    counted: Callable[[str], None]
    wake: Callable[[], None]
    max_body_bytes: int = MAX_BODY_BYTES

    def refuse(self, request: HttpRequest) -> HttpResponse | None:
        if self.gatekeeper is None or (request.method, request.path) != ("POST", "/webhook"):
            return NOTHING
        if not self.gatekeeper.may_be_signed(request.headers):
            return self._answered(DeliveryAnswer.forged)
        return None

    def answer(self, request: HttpRequest, body: bytes) -> HttpResponse:
        assert self.gatekeeper  # noqa: S101
        answer = self.gatekeeper.judge(Delivery(request.headers, body), datetime.now(UTC))
        if answer is DeliveryAnswer.taken:
            self.wake()
        return self._answered(answer)

    def _answered(self, answer: DeliveryAnswer) -> HttpResponse:
        self.counted(answer.name)
        return text(answer.value, answer.name)
