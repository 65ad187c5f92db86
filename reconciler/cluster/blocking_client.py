"""The client for commands and threads: the same verbs, waited for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

from reconciler.cluster.limits import PAGE, WATCH_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.api_access import Access
    from reconciler.cluster.api_call import ApiAnswer
    from reconciler.cluster.api_client import ApiClient, Listing
    from reconciler.cluster.conflicts import Applied, Conflicts
    from reconciler.cluster.kubeconfig import Context
    from reconciler.cluster.watch import WatchEvent
    from reconciler.text.json_object import JsonObject

T = TypeVar("T")


def connect(context: Context, environment: Mapping[str, str]) -> BlockingApiClient:
    """A client for a context; its credential plugin runs in this environment."""
    from reconciler.cluster.api_access import access_of

    return BlockingApiClient(access_of(context, environment))


class BlockingApiClient:
    """Any thread may use it; an event loop in a thread of its own does the work."""

    def __init__(self, access: Access) -> None:
        from reconciler.cluster.api_client import ApiClient

        self._client = ApiClient(access)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="cluster", daemon=True)
        self._thread.start()
        try:
            self._wait(self._client.__aenter__())
        except BaseException:
            self._stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if not self._loop.is_closed():
            self._wait(self._client.__aexit__(None, None, None))
            self._stop()

    def get(self, path: str, *, metadata_only: bool = False) -> JsonObject | None:
        return self._wait(self._client.get(path, metadata_only=metadata_only))

    def list(
        self,
        path: str,
        *,
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
        page: int = PAGE,
    ) -> Listing:
        return self._wait(
            self._client.list(
                path, labels=labels, fields=fields, metadata_only=metadata_only, page=page
            )
        )

    def watch(
        self,
        path: str,
        *,
        version: str = "",
        labels: str = "",
        fields: str = "",
        metadata_only: bool = False,
        seconds: int = WATCH_SECONDS,
    ) -> Iterator[WatchEvent]:
        events = self._client.watch(
            path,
            version=version,
            labels=labels,
            fields=fields,
            metadata_only=metadata_only,
            seconds=seconds,
        )

        yield from self._each(events)

    def text(self, path: str, query: Mapping[str, str], *, seconds: float = 0) -> Iterator[str]:
        yield from self._each(self._client.text(path, query, seconds=seconds))

    def create(self, path: str, body: Mapping[str, Any]) -> JsonObject:
        return self._wait(self._client.create(path, body))

    def apply(
        self,
        object_: Mapping[str, Any],
        field_manager: str,
        *,
        force: bool = False,
        dry_run: bool = False,
        metadata_only: bool = False,
    ) -> Applied | Conflicts:
        return self._wait(
            self._client.apply(
                object_,
                field_manager,
                force=force,
                dry_run=dry_run,
                metadata_only=metadata_only,
            )
        )

    def merge_patch(self, path: str, body: Mapping[str, Any]) -> JsonObject:
        return self._wait(self._client.merge_patch(path, body))

    def json_patch(
        self, path: str, operations: Sequence[Mapping[str, Any]], *, metadata_only: bool = False
    ) -> JsonObject:
        return self._wait(self._client.json_patch(path, operations, metadata_only=metadata_only))

    def delete(self, path: str, *, uid: str = "", propagation: str = "") -> bool:
        return self._wait(self._client.delete(path, uid=uid, propagation=propagation))

    def ask(self, method: str, path: str, body: Any = None) -> ApiAnswer:
        return self._wait(self._client.ask(method, path, body))

    def run(self, work: Callable[[ApiClient], Coroutine[Any, Any, T]]) -> T:
        """What asks for many things at once."""
        return self._wait(work(self._client))

    def _each(self, items: AsyncGenerator[T, None]) -> Iterator[T]:
        async def following() -> T | None:
            return await anext(items, None)

        try:
            while (item := self._wait(following())) is not None:
                yield item
        finally:
            if not self._loop.is_closed():  # one that nobody asks any more may outlive it
                self._wait(items.aclose())

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # of use if it was this thread that was interrupted
            raise

    def _serve(self) -> None:
        self._loop.run_forever()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
