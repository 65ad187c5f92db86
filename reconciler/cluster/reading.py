"""One question to the API of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx


def ask(
    client: httpx.Client, path: str, query: Mapping[str, str | int] | None = None
) -> httpx.Response:
    """The answer, whatever it says."""
    import httpx

    try:
        return client.get(path, params=query)
    except httpx.HTTPError as e:
        raise ClusterError(
            f"the API server does not answer at {client.base_url}",
            why=str(e) or type(e).__name__,
            hint="is the cluster running, and is this the right one?",
        ) from e
