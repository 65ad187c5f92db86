"""Certificates from a URL."""

from __future__ import annotations

from reconciler.errors import ClusterError

SECONDS = 15
LARGEST = 1 << 20


def fetch(url: str) -> bytes:
    import httpx

    try:
        with httpx.stream("GET", url, timeout=SECONDS) as answer:
            if answer.status_code != 200:
                raise ClusterError(f"{url} answers with {answer.status_code}")
            content = b""
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > LARGEST:
                    raise ClusterError(f"{url} is far too long for a certificate")
            return content
    except (httpx.HTTPError, httpx.InvalidURL) as e:
        raise ClusterError(
            f"{url} does not answer",
            why=str(e) or type(e).__name__,
            hint="is the controller reachable from here?",
        ) from e
