"""Where the API keeps an object, which only the server knows: Ingress is in ingresses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from reconciler.cluster.api_errors import NOT_FOUND
from reconciler.errors import ApiError, ClusterError


@dataclass(frozen=True, slots=True)
class ApiResource:
    name: str
    is_namespaced: bool


class Discovery:
    """Remembers what was asked; a kind that is not known yet is asked for anew."""

    def __init__(self, get: Callable[[str], Awaitable[Any]]) -> None:
        self._get = get
        self._known: dict[str, dict[str, ApiResource]] = {}

    async def path_of(self, object_: Mapping[str, Any]) -> str:
        version, kind = str(object_["apiVersion"]), str(object_["kind"])
        resource = await self._resource(version, kind)
        metadata = object_["metadata"]
        path = _group_path(version)
        if resource.is_namespaced:
            namespace = metadata.get("namespace")
            if not namespace:
                raise ClusterError(f"the {kind} {metadata['name']} names no namespace")
            path += f"/namespaces/{quote(str(namespace), safe='')}"
        return f"{path}/{resource.name}/{quote(str(metadata['name']), safe='')}"

    async def list_path(self, version: str, kind: str, namespace: str = "") -> str:
        """Where all objects of a kind are: of one namespace, or of all."""
        resource = await self._resource(version, kind)
        inside = f"/namespaces/{quote(namespace, safe='')}" if namespace else ""
        return f"{_group_path(version)}{inside}/{resource.name}"

    async def is_namespaced(self, version: str, kind: str) -> bool | None:
        """None if the cluster does not know the kind."""
        try:
            return (await self._resource(version, kind)).is_namespaced
        except ApiError as e:
            if e.status != NOT_FOUND:
                raise
            return None

    async def _resource(self, version: str, kind: str) -> ApiResource:
        if kind not in self._known.get(version, {}):
            answer = await self._get(_group_path(version)) or {}
            self._known[version] = {
                str(found["kind"]): ApiResource(str(found["name"]), bool(found["namespaced"]))
                for found in answer.get("resources") or ()
                if "/" not in found["name"]
            }
        try:
            return self._known[version][kind]
        except KeyError:
            raise ApiError(
                f"the cluster knows no {kind} of {version}",
                status=NOT_FOUND,
                reason="NotFound",
                hint="is its definition installed there?",
            ) from None


def _group_path(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"
