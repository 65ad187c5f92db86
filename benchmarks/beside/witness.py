"""What can be seen of the sets in the cluster, all the time."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from benchmarks.beside.repository import LABEL
from reconciler.cluster.blocking_client import BlockingApiClient
from reconciler.errors import ReconcilerError

PAUSE_SECONDS = 0.25
KINDS = {
    "ConfigMap": "/api/v1/configmaps",
    "Service": "/api/v1/services",
    "Deployment": "/apis/apps/v1/deployments",
    "Job": "/apis/batch/v1/jobs",
    "HorizontalPodAutoscaler": "/apis/autoscaling/v2/horizontalpodautoscalers",
    "CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
}
Key = tuple[str, str]  # namespace, and Kind/name


@dataclass(frozen=True, slots=True)
class Sight:
    """An object as it was seen from then on; without a uid it was gone."""

    at: float
    uid: str = ""
    release: str = ""
    value: str = ""
    available: int = 0


class Witness(threading.Thread):
    def __init__(self, client: BlockingApiClient, groups: list[str]) -> None:
        super().__init__(daemon=True)
        self._client = client
        self._paths = [*KINDS.items(), *(("Widget", f"/apis/{g}/v1/widgets") for g in groups)]
        self._ended = threading.Event()
        self.seen: dict[Key, list[Sight]] = defaultdict(list)

    def run(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            self._look()

    def end(self) -> None:
        self._ended.set()
        self.join()

    def _look(self) -> None:
        now = time.monotonic()
        there, looked = set(), set()
        for kind, path in self._paths:
            try:
                items = self._client.list(path, labels=LABEL).items
            except ReconcilerError:  # a kind that is not there yet
                continue
            looked.add(kind)
            for item in items:
                meta = item["metadata"]
                key = (meta.get("namespace", ""), f"{kind}/{meta['name']}")
                there.add(key)
                self._note(key, _sight(now, item))
        for key in self.seen.keys() - there:
            if key[1].partition("/")[0] in looked:
                self._note(key, Sight(now))

    def _note(self, key: Key, sight: Sight) -> None:
        sights = self.seen[key]
        if not sights or _state(sights[-1]) != _state(sight):
            sights.append(sight)


def _state(sight: Sight) -> tuple[object, ...]:
    return sight.uid, sight.release, sight.value, sight.available


def _sight(now: float, item: dict[str, Any]) -> Sight:
    meta = item["metadata"]
    replicas = (item.get("spec") or {}).get("replicas")
    value = str(replicas or (item.get("data") or {}).get("k", ""))
    available = (item.get("status") or {}).get("availableReplicas", 0)
    return Sight(now, meta["uid"], meta["labels"]["release"], value, available)
