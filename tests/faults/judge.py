"""What no fault may lead to, judged by what reached the real server, and by what is there."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator

from tests.faults.conftest import Fleet
from tests.faults.requests import SeenRequest

Place = tuple[str, str, str]  # kind in small letters, namespace, name


def written_without_a_line(requests: Iterable[SeenRequest]) -> list[str]:
    """Objects that were written or deleted before an inventory named them, or by none."""
    reached = sorted((r for r in requests if r.is_write and r.sent), key=lambda r: r.sent)
    inventories = [r for r in reached if r.is_inventory and r.was_done]
    found = []
    for request in reached:
        if request.is_object_write:
            known = {p for i in inventories if i.done <= request.sent for p in _lines(i)}
            if _place(request) not in known:
                found.append(str(request))
    return found


def deleted_twice(requests: Iterable[SeenRequest]) -> list[str]:
    """Uids; and deletions that would have taken whatever has the name."""
    uids: Counter[str] = Counter()
    for request in requests:
        if request.is_object_write and request.method == "DELETE" and request.was_done:
            uids[json.loads(request.body).get("preconditions", {}).get("uid", "none")] += 1
    return [uid for uid, times in uids.items() if times > 1 or uid == "none"]


def without_a_line(fleet: Fleet, app: str) -> list[str]:
    """Objects of an app that are there, and that its inventory does not know."""
    return sorted({f"ConfigMap {name}" for name in fleet.values(app)} - fleet.lines(app).keys())


def uids_of_lines(fleet: Fleet, app: str) -> dict[str, str]:
    return {words[4]: words[6] for words in fleet.lines(app).values()}


def uids_there(fleet: Fleet, app: str) -> dict[str, str]:
    labelled = ("-l", f"reconciler.dev/app={fleet.name}.{app}")
    items = fleet.cluster.get("configmaps", *labelled)["items"]
    return {item["metadata"]["name"]: item["metadata"]["uid"] for item in items}


def _lines(inventory: SeenRequest) -> Iterator[Place]:
    for line in json.loads(inventory.body)["data"]["objects"].splitlines():
        _, kind, _, namespace, name, *_ = line.split(" ")
        yield kind.lower(), namespace, name


def _place(request: SeenRequest) -> Place:
    *_, namespace, resource, name = request.path.split("/")
    return resource.removesuffix("s"), namespace, name
