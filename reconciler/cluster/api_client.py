"""The client for the API servers of clusters: what can be done with objects."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

from reconciler.cluster.api_call import JSON, ApiAnswer, ApiCall
from reconciler.cluster.api_errors import CONFLICT, GONE, NOT_FOUND, nonsense
from reconciler.cluster.conflicts import Applied, Conflicts, conflicts_in
from reconciler.cluster.discovery import Discovery
from reconciler.cluster.fence import Fence, within
from reconciler.cluster.limits import PAGE, WATCH_SECONDS
from reconciler.cluster.watch import WatchEvent, lines, read_event
from reconciler.text.json_object import JsonObject

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.api_access import Access

METADATA = f"{JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = f"{JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True)
class Listing:
    """What there is of a kind, and the version of it from which a watch goes on."""

    items: tuple[JsonObject, ...]
    version: str


class ApiClient:
    """Speaks to one API server within one event loop.

    Paths are those of the API (/api/v1/namespaces/a/pods); what is refused is an ApiError.
    """

    def __init__(self, access: Access) -> None:
        from reconciler.cluster.transport import Transport  # only now, because it loads aiohttp

        self._transport = Transport(access)
        self._as_user = ""
        self._fence: Fence | None = None
        self.discovery = Discovery(self.get)

    def acting_as(self, user: str) -> Self:
        """Over the same connections; whoever it is of must have the right to impersonate it."""
        other = copy(self)
        other._as_user = user
        return other

    def fenced(self, fence: Fence) -> Self:
        """Nothing is written once it has fallen, and what is being written then is given up."""
        other = copy(self)
        other._fence = fence
        return other

    async def __aenter__(self) -> Self:
        await self._transport.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._transport.close()

    async def get(self, path: str, *, metadata_only: bool = False) -> JsonObject | None:
        """The object at a path; None if there is none, or no such kind."""
        accept = METADATA if metadata_only else JSON
        answer = await self._answer(ApiCall("GET", path, accept=accept, is_repeatable=True))
        return None if answer.status == NOT_FOUND else answer.object()

    async def list(
        self,
        path: str,
        *,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
        page: int = PAGE,
    ) -> Listing:
        """All that the selectors select, each with its kind.

        It comes in pages of one version of the cluster. If the server forgets that before the
        last page, what was read is thrown away, and everything is asked for at once.
        """
        query = {"labelSelector": labels, "fieldSelector": fields}
        accept = METADATA_LIST if metadata_only else JSON
        items: list[JsonObject] = []
        further, limit = "", str(page)
        while True:
            asked = {**query, "limit": limit, "continue": further}
            call = ApiCall("GET", path, asked, accept=accept, is_repeatable=True)
            answer = await self._answer(call)
            if answer.status == GONE and further:
                items, further, limit = [], "", ""
                continue
            found = answer.object()
            try:
                items += _items(found)
                metadata = found["metadata"]
                further = str(metadata.get("continue") or "")
                version = str(metadata.get("resourceVersion") or "")
            except (KeyError, TypeError, AttributeError):
                raise nonsense("GET", path, answer.status) from None
            if not further:
                return Listing(tuple(items), version)

    async def watch(
        self,
        path: str,
        *,
        version: str = "",
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
        seconds: int = WATCH_SECONDS,
    ) -> AsyncGenerator[WatchEvent, None]:
        """What happens after a version; without one, first what is there, as additions.

        It ends after these seconds, and may begin again with the version of the last event. One
        that is too old is an ApiError with the status 410.
        """
        query = {
            "watch": "1",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(seconds),
            "resourceVersion": version,
            "labelSelector": labels,
            "fieldSelector": fields,
        }
        accept = METADATA if metadata_only else JSON
        call = ApiCall("GET", path, query, accept=accept, is_repeatable=True, watch_seconds=seconds)
        async with self._transport.reach(replace(call, as_user=self._as_user)) as response:
            if response.status != 200:
                raise ApiAnswer(call, response.status, await response.read()).refusal()
            async for line in lines(response.content.iter_any()):
                yield read_event(path, line)

    async def text(
        self, path: str, query: Mapping[str, str], *, seconds: float = 0
    ) -> AsyncGenerator[str, None]:
        """What is text and no object, a line at a time; within these seconds it may stay open."""
        call = ApiCall("GET", path, query, accept="*/*", is_repeatable=True, watch_seconds=seconds)
        async with self._transport.reach(call) as response:
            if response.status != 200:
                raise ApiAnswer(call, response.status, await response.read()).refusal()
            async for line in lines(response.content.iter_any(), keeps_empty=True):
                yield line.decode(errors="replace")

    async def create(self, path: str, body: Mapping[str, Any]) -> JsonObject:
        """A new object, below the path of its kind; or a question to the server."""
        return (await self._answer(ApiCall("POST", path, body=body))).object()

    async def apply(
        self,
        object_: Mapping[str, Any],
        field_manager: str,
        *,
        force: bool = False,
        dry_run: bool = False,
        metadata_only: bool = False,
        subresource: str = "",
    ) -> Applied | Conflicts:
        """Have these fields so, and those that were ours and are named no more go.

        Fields of others are taken from them with force; otherwise they are what is returned.
        """
        path = await self.discovery.path_of(object_)
        path += f"/{subresource}" if subresource else ""
        query = {
            "fieldManager": field_manager,
            "force": "true" if force else "",
            "dryRun": "All" if dry_run else "",
        }
        accept = METADATA if metadata_only else JSON
        call = ApiCall("PATCH", path, query, object_, APPLY_PATCH, accept, is_repeatable=True)
        answer = await self._answer(call)
        if answer.status == CONFLICT and (conflicts := conflicts_in(answer.content)):
            return conflicts
        return Applied(answer.object(), is_created=answer.status == 201)

    async def merge_patch(self, path: str, body: Mapping[str, Any]) -> JsonObject:
        call = ApiCall("PATCH", path, body=body, content_type=MERGE_PATCH)
        return (await self._answer(call)).object()

    async def json_patch(
        self, path: str, operations: Sequence[Mapping[str, Any]], *, metadata_only: bool = False
    ) -> JsonObject:
        accept = METADATA if metadata_only else JSON
        call = ApiCall("PATCH", path, {}, operations, JSON_PATCH, accept)
        return (await self._answer(call)).object()

    async def delete(self, path: str, *, uid: str = "", propagation: str = "") -> bool:
        """Whether there was something; with another uid than this one, it is an ApiError."""
        options: JsonObject = {"apiVersion": "v1", "kind": "DeleteOptions"}
        if uid:
            options["preconditions"] = {"uid": uid}
        if propagation:  # Foreground, Background or Orphan
            options["propagationPolicy"] = propagation
        # Without a uid, the second time might meet another object of this name.
        answer = await self._answer(ApiCall("DELETE", path, body=options, is_repeatable=bool(uid)))
        if answer.status == NOT_FOUND:
            return False
        answer.object()
        return True

    async def ask(self, method: str, path: str, body: Any = None) -> ApiAnswer:
        """Whatever is answered: for what is no object, such as services behind the server."""
        return await self._answer(ApiCall(method, path, body=body, is_repeatable=method == "GET"))

    async def _answer(self, call: ApiCall) -> ApiAnswer:
        whole = replace(call, as_user=self._as_user)
        if self._fence is None or call.method == "GET":
            return await self._transport.answer(whole)
        guarded = replace(whole, check=self._fence)
        return await within(self._fence, self._transport.answer(guarded))


def _items(found: JsonObject) -> list[JsonObject]:
    """Lists leave out of each item what they say of all."""
    version, kind = found["apiVersion"], str(found["kind"]).removesuffix("List")
    return [{"apiVersion": version, "kind": kind, **item} for item in found["items"] or ()]
