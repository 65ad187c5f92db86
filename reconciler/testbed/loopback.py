"""Ports on loopback, and small requests to servers there."""

from __future__ import annotations

import base64
import json
import socket
import urllib.error
import urllib.request
from typing import Any

from reconciler.errors import TestbedError


def free_port() -> int:
    """A port that is free now; who starts on it must be ready to find it taken."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> bool:
    """Whether somebody is there and says that all is well."""
    try:
        with _open(urllib.request.Request(url), 2):  # noqa: S310
            return True
    except OSError:
        return False


def call(
    method: str,
    url: str,
    body: dict[str, Any] | None = None,
    *,
    token: str = "",
    basic: tuple[str, str] | None = None,
) -> Any:
    """What a JSON API answers."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["Authorization"] = f"token {token}"
    if basic:
        encoded = base64.b64encode(":".join(basic).encode()).decode()
        headers["Authorization"] = f"Basic {encoded}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310
    try:
        with _open(request, 30) as response:
            return json.loads(response.read() or b"null")
    except urllib.error.HTTPError as e:
        with e:
            said = e.read().decode(errors="replace")[:300]
        raise TestbedError(f"{method} {url} is refused with {e.code}", why=said) from e
    except OSError as e:
        raise TestbedError(f"{method} {url} gets no answer", why=str(e)) from e


# A proxy that the user has configured knows nothing of this machine's loopback.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _open(request: urllib.request.Request, seconds: float) -> Any:
    return _opener.open(request, timeout=seconds)
