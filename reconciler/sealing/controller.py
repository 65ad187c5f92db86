"""What is asked of the Sealed Secrets controller of a cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from reconciler.errors import ClusterError
from reconciler.sealing.reach import (
    AtAddress,
    ControllerAnswer,
    ControllerReach,
    ThroughApiServer,
    refused,
)
from reconciler.sealing.scope import scope_of
from reconciler.sealing.sealed_secret import SealedSecret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.kubeconfig import Context
    from reconciler.sealing.certificate import Certificate

LARGEST_ANSWER = 16 << 20


class Controller:
    """A connection that is opened when first needed."""

    def __init__(self, reach: Callable[[], ControllerReach], name: str) -> None:
        self.name = name
        self._open = reach
        self._reach: ControllerReach | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._reach:
            self._reach.close()

    def certificate(self) -> Certificate:
        """What it wants values to be sealed with now."""
        from reconciler.sealing.certificate import read_certificate

        return read_certificate(self._ask("GET", "/v1/cert.pem", None).content, self.name)

    def can_open(self, sealed: SealedSecret) -> bool:
        answer = self._ask("POST", "/v1/verify", _question(sealed), accept=(200, 409))
        return answer.status == 200

    def rotated(self, sealed: SealedSecret) -> dict[str, str]:
        """The same values, sealed with its newest key.

        Nothing but the values is sent, and nothing but them is taken from the answer: the
        controller mixes up the metadata and drops or encrypts what is in the template.
        """
        answer = self._ask("POST", "/v1/rotate", _question(sealed), accept=(200, 400, 409, 500))
        found = _encrypted(answer) if answer.status == 200 else None
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
    ) -> ControllerAnswer:
        if self._reach is None:
            self._reach = self._open()
        answer = self._reach.ask(method, path, body)
        if answer.status in accept and len(answer.content) <= LARGEST_ANSWER:
            return answer
        raise refused(answer.status, self.name)


def controller_at(url: str) -> Controller:
    """The controller at an address of its own."""
    return Controller(lambda: AtAddress(url), url)


def controller_in(context: Context, service: str, environment: Mapping[str, str]) -> Controller:
    """The controller behind a service (NAMESPACE/NAME)."""
    return Controller(
        lambda: ThroughApiServer(context, service, environment),
        f"{service} through {context.server}",
    )


def _question(sealed: SealedSecret) -> Mapping[str, Any]:
    """The values and what they are bound to; a template could change what is done with them."""
    annotations = scope_of(sealed.annotations).annotations
    bare = SealedSecret(
        sealed.name, sealed.namespace, encrypted=sealed.encrypted, annotations=annotations
    )
    return bare.object()


def _encrypted(answer: ControllerAnswer) -> dict[str, str] | None:
    try:
        found = json.loads(answer.content)["spec"]["encryptedData"]
    except (ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, dict) else None
