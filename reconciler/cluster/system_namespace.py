"""The namespace in which all that is ours stands, made when it is first needed."""

from __future__ import annotations

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.api_errors import CONFLICT, NOT_FOUND
from reconciler.cluster.reconciled_apps import SYSTEM_NAMESPACE
from reconciler.errors import ApiError
from reconciler.text.json_object import JsonObject

NAMESPACES = "/api/v1/namespaces"


async def create_in_system(client: ApiClient, path: str, body: JsonObject) -> JsonObject:
    """A new object below a path in it."""
    try:
        return await client.create(path, body)
    except ApiError as e:
        if e.status != NOT_FOUND:
            raise
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SYSTEM_NAMESPACE}}
    try:
        await client.create(NAMESPACES, namespace)
    except ApiError as e:
        if e.status != CONFLICT:  # another process was as quick
            raise
    return await client.create(path, body)
