"""All objects of an environment, and what else its cluster is known to have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from reconciler.checks.settings import SealingKey, provides
from reconciler.kubernetes.objects import Object
from reconciler.kubernetes.pods import Pods, pods_of
from reconciler.kubernetes.selectors import Selector
from reconciler.model.entry import Entry
from reconciler.model.environment import External


class World:
    """What rules look at."""

    def __init__(
        self,
        objects: Iterable[Object],
        externals: Iterable[External] = (),
        sealing: Iterable[SealingKey] = (),
        entries: Mapping[str, Entry] | None = None,
    ) -> None:
        self.objects = tuple(objects)
        self.externals = tuple(externals)
        self.sealing = tuple(sealing)
        self.entries = entries or {}  # by folder
        self._by_kind: dict[str, list[Object]] = defaultdict(list)
        self._by_name: dict[tuple[str, str, str], list[Object]] = defaultdict(list)
        for o in self.objects:
            self._by_kind[o.kind].append(o)
            self._by_name[o.kind, o.namespace, o.name].append(o)

    def of(self, *kinds: str, group: str | None = None) -> Iterator[Object]:
        """The objects of some kinds."""
        for kind in kinds:
            for o in self._by_kind.get(kind, ()):
                if group is None or o.group == group:
                    yield o

    def find(self, kind: str, namespace: str, name: str, group: str | None = None) -> Object | None:
        for o in self._by_name.get((kind, namespace, name), ()):
            if group is None or o.group == group:
                return o
        return None

    def external(self, kind: str, namespace: str, name: str) -> bool:
        """Is it declared that the cluster has this?"""
        return any(provides(e, kind, namespace, name) for e in self.externals)

    def has(self, kind: str, namespace: str, name: str) -> bool:
        return self.find(kind, namespace, name) is not None or self.external(kind, namespace, name)

    @cached_property
    def pods(self) -> tuple[Pods, ...]:
        """All pods that the objects will make."""
        return tuple(pods for o in self.objects for pods in pods_of(o))

    @cached_property
    def _pods_in(self) -> Mapping[str, list[Pods]]:
        found: dict[str, list[Pods]] = defaultdict(list)
        for pods in self.pods:
            found[pods.owner.namespace].append(pods)
        return found

    def selected(self, namespace: str, selector: Selector) -> list[Pods]:
        """The pods of a namespace that a selector matches."""
        return [p for p in self._pods_in.get(namespace, ()) if selector.matches(p.labels)]
