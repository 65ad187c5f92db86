"""The objects of a cluster, read through its API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from reconciler.cluster.reading import ask
from reconciler.errors import ClusterError

if TYPE_CHECKING:
    import httpx

AT_ONCE = 500


def list_objects(client: httpx.Client, path: str) -> Iterator[dict[str, Any]]:
    """Everything at a path of the API, each with its kind; nothing if there is no such kind."""
    further = ""
    while True:
        answer = ask(client, path, {"limit": AT_ONCE, "continue": further})
        if answer.status_code == 404:
            return
        if answer.status_code != 200:
            raise ClusterError(
                f"the cluster refuses {path} with {answer.status_code}",
                hint="the account needs the rights to get and list it",
            )
        found = answer.json()
        kind = str(found.get("kind", "")).removesuffix("List")
        yield from ({"kind": kind, **item} for item in found.get("items") or ())
        further = found.get("metadata", {}).get("continue", "")
        if not further:
            return
