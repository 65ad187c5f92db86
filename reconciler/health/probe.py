"""An address that answers while the app is healthy. It remembers nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.health.evidence import SECONDS, Evidence, HealthQuestion
from reconciler.model.health_sources import Probe

if TYPE_CHECKING:
    import httpx


def look(source: Probe, asked: HealthQuestion, client: httpx.Client) -> Evidence:
    import httpx

    url = asked.named(source.url)
    try:
        with client.stream("GET", url, timeout=SECONDS, follow_redirects=False) as answer:
            status = answer.status_code
    except httpx.HTTPError as e:
        return Evidence(False, f"{_shown(url)} does not answer: {type(e).__name__}", None)
    return Evidence(200 <= status < 300, f"{_shown(url)} answers with {status}", None)


def _shown(url: str) -> str:
    """Without what may be a token."""
    return url.partition("?")[0]
