"""How a controller is reached: through the API server of its cluster, or at an own address."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

from reconciler.cluster.blocking_client import connect
from reconciler.errors import ApiError, ClusterError
from reconciler.retry import backoff

TYPE_CHECKING = False
if TYPE_CHECKING:
    import httpx

    from reconciler.cluster.kubeconfig import Context

SECONDS = 15
MAX_REPEATS = 4  # the controller takes two questions a second
BUSY = 429


@dataclass(frozen=True, slots=True)
class ControllerAnswer:
    status: int
    content: bytes


class ControllerReach(Protocol):
    def ask(self, method: str, path: str, body: Any) -> ControllerAnswer: ...

    def close(self) -> None: ...


class ThroughApiServer:
    """By the proxy that an API server has for each service."""

    def __init__(self, context: Context, service: str, environment: Mapping[str, str]) -> None:
        self._where = f"{service} in the cluster of the context {context.name}"
        namespace, _, name = service.partition("/")
        self._client = connect(context, environment)
        try:
            self._prefix = self._proxy(f"/api/v1/namespaces/{namespace}/services", name)
        except BaseException:
            self.close()
            raise

    def ask(self, method: str, path: str, body: Any) -> ControllerAnswer:
        answer = self._client.ask(method, self._prefix + path, body)
        return ControllerAnswer(answer.status, answer.content)

    def close(self) -> None:
        self._client.close()

    def _proxy(self, services: str, name: str) -> str:
        try:
            found = self._client.get(f"{services}/{name}")
        except ApiError as e:
            if not e.status:
                raise
            raise refused(e.status, self._where) from e
        if found is None:
            raise refused(404, self._where)
        port = found["spec"]["ports"][0].get("name", "")
        return f"{services}/http:{name}:{port}/proxy"


class AtAddress:
    """A port that was forwarded, or an ingress."""

    def __init__(self, url: str) -> None:
        import httpx

        self._url = url
        self._client = httpx.Client(base_url=url, timeout=SECONDS)

    def ask(self, method: str, path: str, body: Any) -> ControllerAnswer:
        import httpx

        try:
            answer = self._patiently(method, path, body)
        except httpx.HTTPError as e:
            raise ClusterError(
                f"the controller does not answer at {self._url}",
                why=str(e) or type(e).__name__,
                hint="is it running, and is this the right cluster?",
            ) from e
        return ControllerAnswer(answer.status_code, answer.content)

    def close(self) -> None:
        self._client.close()

    def _patiently(self, method: str, path: str, body: Any) -> httpx.Response:
        for repeats in count():
            answer = self._client.request(method, path, json=body)
            if answer.status_code != BUSY or repeats == MAX_REPEATS:
                return answer
            time.sleep(backoff(repeats))
        raise AssertionError  # pragma: no cover


def refused(status: int, name: str) -> ClusterError:
    reasons = {
        401: ("the cluster does not know you", "log in again, or choose another --context"),
        403: ("you may not do this in the cluster", "ask for get on services and services/proxy"),
        404: ("there is no controller", "name its service with --controller NAMESPACE/NAME"),
        BUSY: ("the controller is asked too often", "run it again in a while"),
        503: ("the controller has no pod that is ready", "look at its Deployment"),
    }
    what, hint = reasons.get(status, (f"the controller answers with {status}", "look at its log"))
    return ClusterError(f"{what} ({name})", hint=hint)
