"""As much of a client of the Kubernetes API as the testbed needs for itself."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

from reconciler.errors import TestbedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.testbed.authority import KeyPair

MERGE = "application/merge-patch+json"
WATCH_SECONDS = 600


class Api:
    """One kept-open connection to an API server; not for several threads at once."""

    def __init__(self, server: str, authority: Path, pair: KeyPair) -> None:
        self._address = urlsplit(server).netloc
        self._context = ssl.create_default_context(cafile=str(authority))
        self._context.load_cert_chain(pair.certificate, pair.key)
        self._connection = self._connect(30)

    def get(self, path: str) -> dict[str, Any] | None:
        """The object at this path, if it is there."""
        return self._call("GET", path, None)

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A new object; one of its name that is there already is as good."""
        return self._call("POST", path, body, accept=(409,)) or body

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Merge this into the object, if it is there."""
        return self._call("PATCH", path, body, MERGE)

    def delete(self, path: str) -> None:
        self._call("DELETE", path, None)

    def answers(self, path: str) -> bool:
        """Whether there is somebody who says that all is well."""
        try:
            status, _ = self._send("GET", path, None)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return False
        return status == 200

    def watch(self, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """What is there, as additions, and then what happens to it, for some minutes."""
        connection = self._connect(WATCH_SECONDS + 30)
        try:
            connection.request("GET", f"{path}?watch=1&timeoutSeconds={WATCH_SECONDS}")
            for line in connection.getresponse():
                event = json.loads(line)
                yield event["type"], event["object"]
        finally:
            connection.close()

    def _connect(self, seconds: float) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self._address, context=self._context, timeout=seconds)

    def _call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        content: str = "application/json",
        accept: tuple[int, ...] = (404,),
    ) -> dict[str, Any] | None:
        try:
            status, answer = self._send(method, path, body, content)
        except (OSError, http.client.HTTPException) as e:
            self._connection.close()
            raise TestbedError(f"the API server does not answer {method} {path}", why=str(e)) from e
        if status in accept:
            return None
        if status >= 400:
            said = answer.decode(errors="replace")[:500]
            raise TestbedError(f"the API server refuses {method} {path} with {status}", why=said)
        found: dict[str, Any] = json.loads(answer)
        return found

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None, content: str = "application/json"
    ) -> tuple[int, bytes]:
        data = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, data, {"Content-Type": content})
        response = self._connection.getresponse()
        return response.status, response.read()
