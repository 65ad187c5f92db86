"""The kinds of which apps have objects: a watch for each, and another one when its rule changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable
from typing import Any

from reconciler.cluster.api_client import ApiClient
from reconciler.cluster.inventory.record import InventoryItem
from reconciler.cluster.status.state import Kind
from reconciler.cluster.status.status_rules import StatusRules
from reconciler.controller.watching.kind_watch import Heard, watch_kind
from reconciler.controller.watching.watched_objects import WatchedObjects

Begin = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


class KindWatches:
    """`heard` and `appeared` are told what each watch tells."""

    def __init__(
        self,
        client: ApiClient,
        rules: StatusRules,
        live: WatchedObjects,
        heard: Heard,
        appeared: Callable[[], None],
        begin: Begin,
    ) -> None:
        self._client = client
        self._rules = rules
        self._live = live
        self._heard = heard
        self._appeared = appeared
        self._begin = begin
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}  # by apiVersion and kind

    def cover(self, items: Iterable[InventoryItem]) -> None:
        for item in items:
            key = item.version, item.identity.kind
            if key not in self._running:
                self._watch(*key)

    def judge_by(self, rules: StatusRules, moved: Collection[Kind]) -> None:
        """Kinds whose rule is another one are listed again; of others nothing is asked."""
        self._rules = rules
        for (version, kind), watch in [*self._running.items()]:
            if (version.rpartition("/")[0], kind) in moved:
                watch.cancel()
                self._watch(version, kind)

    def _watch(self, version: str, kind: str) -> None:
        self._running[version, kind] = self._begin(
            watch_kind(
                *(self._client, version, kind, self._rules),
                *(self._live, self._heard, self._appeared),
            )
        )
