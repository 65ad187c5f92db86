"""What a proxy saw: each request, when it came, when the real server did it, what came back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

SYSTEM = "/namespaces/reconciler-system"


@dataclass(slots=True)
class SeenRequest:
    """Times are those of one clock for all proxies; 0 is never."""

    proxy: str
    method: str
    path: str
    query: Mapping[str, str]
    agent: str
    body: bytes = field(repr=False)
    came: float
    sent: float = 0.0  # to the real server
    done: float = 0.0  # when that had answered
    result: int = 0  # what it answered
    status: int = 0  # what was told of it; 0 where the connection broke

    @property
    def is_watch(self) -> bool:
        return "watch" in self.query

    @property
    def is_write(self) -> bool:
        return self.method != "GET"

    @property
    def is_lease(self) -> bool:
        return "/leases" in self.path

    @property
    def is_inventory(self) -> bool:
        """Of the name that a ConfigMap of lines has, whether it is in the path or in the body."""
        return f"{SYSTEM}/configmaps" in self.path and (
            "/configmaps/inventory." in self.path or b'"name": "inventory.' in self.body
        )

    @property
    def is_of_system(self) -> bool:
        """Leases, inventories and what shows apps; Events, which stand beside what they tell of."""
        return SYSTEM in self.path or self.path.endswith("/events")

    @property
    def is_object_write(self) -> bool:
        """Of what Git says, or says no more."""
        return self.is_write and not self.is_of_system and self.path != "/api/v1/namespaces"

    @property
    def was_done(self) -> bool:
        """Did the real server do it?"""
        return 200 <= self.result < 300

    def __str__(self) -> str:
        watch = " (watch)" if self.is_watch else ""
        return f"{self.came:.3f} {self.proxy} {self.method} {self.path}{watch} {self.status}"


class Requests:
    """In the order in which they came."""

    def __init__(self) -> None:
        self._seen: list[SeenRequest] = []

    def __iter__(self) -> Iterator[SeenRequest]:
        return iter([*self._seen])

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, request: SeenRequest) -> None:
        self._seen.append(request)

    def since(self, number: int) -> list[SeenRequest]:
        return self._seen[number:]

    def of(self, which: Callable[[SeenRequest], bool]) -> list[SeenRequest]:
        return [request for request in self if which(request)]

    def paths(self, which: Callable[[SeenRequest], bool]) -> list[str]:
        return [f"{request.method} {request.path}" for request in self.of(which)]
