"""Objects of one kind, judged by expressions: the kernel is asked once of each that changed."""

from __future__ import annotations

import asyncio
import json

from reconciler.cluster.status.state import (
    HEALTHY,
    ObjectStatus,
    condition,
    degraded,
    progressing,
)
from reconciler.errors import ReconcilerError
from reconciler.kubernetes.access import text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from reconciler.cluster.status.state import LiveObject
    from reconciler.render.kernel_process import Kernel

MAX_KNOWN = 20_000  # objects


class ExpressionRule:
    """What was said of an object is kept until it has another version."""

    def __init__(self, expressions: Mapping[str, str], kernel: Kernel) -> None:
        self._expressions = dict(expressions)
        self._kernel = kernel
        self._known: dict[str, tuple[str, ObjectStatus]] = {}  # version and status, by uid

    async def __call__(self, objects: Sequence[LiveObject]) -> list[ObjectStatus]:
        known = [self._kept(o) for o in objects]
        new = [o for o, status in zip(objects, known, strict=True) if status is None]
        judged = iter(await asyncio.to_thread(self._ask, new) if new else ())
        return [status or next(judged) for status in known]

    def _ask(self, objects: Sequence[LiveObject]) -> list[ObjectStatus]:
        """What keeps the kernel from an answer is the reason that is told, and is not kept."""
        try:
            body = json.dumps(objects).encode()
            answer = json.loads(self._kernel.health(self._expressions, body).result())
        except ReconcilerError as e:
            return [progressing(f"it cannot be judged: {e.in_a_line}")] * len(objects)
        verdicts = zip(objects, answer["verdicts"], strict=True)
        found = [self._status(o, verdict) for o, verdict in verdicts]
        self._keep(objects, found)
        return found

    def _kept(self, o: LiveObject) -> ObjectStatus | None:
        version, status = self._known.get(_uid(o), ("", None))
        return status if version == _version(o) else None

    def _keep(self, objects: Sequence[LiveObject], found: Sequence[ObjectStatus]) -> None:
        if len(self._known) > MAX_KNOWN:
            self._known.clear()
        for o, status in zip(objects, found, strict=True):
            if _uid(o) and _version(o):
                self._known[_uid(o)] = _version(o), status

    def _status(self, o: LiveObject, verdict: Mapping[str, Any]) -> ObjectStatus:
        match verdict.get("holds", ""):
            case "current":
                return HEALTHY
            case "failed":
                return degraded(self._because(o, "failed"))
            case "inProgress":
                return progressing(self._because(o, "inProgress"))
        if failing := verdict.get("failing"):
            return progressing(f"{failing} cannot be evaluated: {verdict['why']}")
        if missing := verdict.get("missing"):
            return progressing(f"it has no {' and no '.join(missing)} yet")
        return progressing("none of the expressions for its kind is true yet")

    def _because(self, o: LiveObject, holds: str) -> str:
        """What its controller says, if it says anything, and what is true of it."""
        ready = condition(o, "Ready")
        said = ready.said if ready and not ready.is_true else text(o, "status", "message")
        true = f"{holds}: {' '.join(self._expressions[holds].split())}"
        return f"{said} ({true})" if said else true


def _uid(o: LiveObject) -> str:
    return text(o, "metadata", "uid")


def _version(o: LiveObject) -> str:
    return text(o, "metadata", "resourceVersion")
