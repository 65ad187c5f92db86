"""The controller of a cluster, asked through the API server or at an address of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from reconciler.cluster.kubeconfig import SECONDS, Context, connect
from reconciler.errors import ClusterError
from reconciler.sealing.scope import scope_of
from reconciler.sealing.sealed_secret import SealedSecret

TYPE_CHECKING = False
if TYPE_CHECKING:
    import httpx

    from reconciler.sealing.certificate import Certificate

LARGEST_ANSWER = 16 << 20
PAUSES = (0.5, 1, 2, 4)  # the controller takes two questions a second
BUSY = 429

Open = Callable[[], "httpx.Client"]


class Controller:
    """A connection that is opened when first needed."""

    def __init__(self, open_: Open, prefix: Callable[[httpx.Client], str], name: str) -> None:
        self.name = name
        self._open = open_
        self._prefix_of = prefix
        self._client: httpx.Client | None = None
        self._prefix = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._client:
            self._client.close()

    def certificate(self) -> Certificate:
        """What it wants values to be sealed with now."""
        from reconciler.sealing.certificate import read_certificate

        return read_certificate(self._ask("GET", "/v1/cert.pem", None).content, self.name)

    def can_open(self, sealed: SealedSecret) -> bool:
        answer = self._ask("POST", "/v1/verify", _question(sealed), accept=(200, 409))
        return answer.status_code == 200

    def rotated(self, sealed: SealedSecret) -> dict[str, str]:
        """The same values, sealed with its newest key.

        Nothing but the values is sent, and nothing but them is taken from the answer: the
        controller mixes up the metadata and drops or encrypts what is in the template.
        """
        answer = self._ask("POST", "/v1/rotate", _question(sealed), accept=(200, 400, 409, 500))
        found = _encrypted(answer) if answer.status_code == 200 else None
        if found is None or found.keys() != sealed.encrypted.keys():
            raise ClusterError(
                f"the controller cannot open {sealed.name}",
                where=sealed.place,
                why="a value was sealed for another cluster, name or namespace, or is damaged",
                hint="reconciler seal verify --online says which; seal the values again",
            )
        return found

    def _ask(
        self, method: str, path: str, body: Any, accept: tuple[int, ...] = (200,)
    ) -> httpx.Response:
        import httpx

        try:
            if self._client is None:
                self._client = self._open()
                self._prefix = self._prefix_of(self._client)
            answer = self._patiently(self._client, method, self._prefix + path, body)
        except httpx.HTTPError as e:
            raise ClusterError(
                f"the controller does not answer at {self.name}",
                why=str(e) or type(e).__name__,
                hint="is it running, and is this the right cluster?",
            ) from e
        if answer.status_code in accept and len(answer.content) <= LARGEST_ANSWER:
            return answer
        raise _refused(answer, self.name)

    def _patiently(self, client: httpx.Client, method: str, path: str, body: Any) -> httpx.Response:
        for pause in PAUSES:
            answer = client.request(method, path, json=body)
            if answer.status_code != BUSY:
                return answer
            time.sleep(pause)
        return client.request(method, path, json=body)


def controller_at(url: str) -> Controller:
    """The controller at an address of its own: a port that was forwarded, or an ingress."""

    def open_() -> httpx.Client:
        import httpx

        return httpx.Client(base_url=url, timeout=SECONDS)

    return Controller(open_, lambda _: "", url)


def controller_in(context: Context, service: str, environment: Mapping[str, str]) -> Controller:
    """The controller behind a service (NAMESPACE/NAME), through the API server's proxy."""
    namespace, _, name = service.partition("/")
    at = f"/api/v1/namespaces/{namespace}/services"

    def proxy(client: httpx.Client) -> str:
        found = client.get(f"{at}/{name}")
        if found.status_code != 200:
            raise _refused(found, f"{service} in the cluster of the context {context.name}")
        port = found.json()["spec"]["ports"][0].get("name", "")
        return f"{at}/http:{name}:{port}/proxy"

    return Controller(
        lambda: connect(context, environment), proxy, f"{service} through {context.server}"
    )


def _question(sealed: SealedSecret) -> Mapping[str, Any]:
    """The values and what they are bound to; a template could change what is done with them."""
    annotations = scope_of(sealed.annotations).annotations
    bare = SealedSecret(
        sealed.name, sealed.namespace, encrypted=sealed.encrypted, annotations=annotations
    )
    return bare.object()


def _encrypted(answer: httpx.Response) -> dict[str, str] | None:
    try:
        found = answer.json()["spec"]["encryptedData"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, dict) else None


def _refused(answer: httpx.Response, name: str) -> ClusterError:
    reasons = {
        401: ("the cluster does not know you", "log in again, or choose another --context"),
        403: ("you may not do this in the cluster", "ask for get on services and services/proxy"),
        404: ("there is no controller", "name its service with --controller NAMESPACE/NAME"),
        BUSY: ("the controller is asked too often", "run it again in a while"),
        503: ("the controller has no pod that is ready", "look at its Deployment"),
    }
    what, hint = reasons.get(
        answer.status_code, (f"the controller answers with {answer.status_code}", "look at its log")
    )
    return ClusterError(f"{what} ({name})", hint=hint)
