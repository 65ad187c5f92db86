"""Who wrote what of which app, judged by what went through the proxies of several replicas."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from tests.faults.requests import SeenRequest

MAP = re.compile(r"/configmaps/shards\.")
OF_APP = re.compile(r"[/.\"](app\d+)\b")  # in the name of whatever belongs to it


def app_of(request: SeenRequest) -> str:
    """The app that a write is of; nothing where it is of none, or only tells of one."""
    if not request.is_write or not request.sent or request.path.endswith("/events"):
        return ""
    found = OF_APP.search(request.path)
    if found is None and request.method == "POST":
        found = OF_APP.search(request.body.decode())
    return found[1] if found else ""


def two_writers(requests: Iterable[SeenRequest]) -> list[str]:
    """Where one began before the other had ended, or without having looked who has the app."""
    seen = sorted(requests, key=lambda r: r.came)
    looks = [r for r in seen if MAP.search(r.path)]
    by_app: dict[str, list[SeenRequest]] = defaultdict(list)
    for request in seen:
        if app := app_of(request):
            by_app[app].append(request)
    return [said for writes in by_app.values() for said in _mixed(writes, looks)]


def wrote_before_it_looked(requests: Iterable[SeenRequest], since: float) -> list[str]:
    """What one replica wrote after a time before it had asked again what is its own."""
    later = [r for r in requests if r.came > since]
    looked = min((r.came for r in later if MAP.search(r.path)), default=float("inf"))
    return [str(r) for r in later if r.is_write and not r.is_lease and r.came < looked]


def _mixed(writes: Sequence[SeenRequest], looks: Sequence[SeenRequest]) -> Iterator[str]:
    ended = 0.0
    for old, new in pairwise(writes):
        ended = max(ended, old.done or old.sent)
        if old.proxy == new.proxy:
            continue
        if new.came < ended:
            yield f"{new}\n  while {old} is under way"
        elif not any(r.proxy == new.proxy and ended < r.came < new.came for r in looks):
            yield f"{new}\n  after {old}, without a look"
