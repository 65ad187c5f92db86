"""How objects are: by what an environment says of their kinds, else by what is known of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.cluster.status.rules import status_of_object
from reconciler.cluster.status.state import (
    SEEN_LATER,
    Kind,
    LiveObject,
    ObjectStatus,
    is_behind,
    kind_of,
    progressing,
)
from reconciler.kubernetes.access import dig

KindRule = Callable[[Sequence[LiveObject]], Awaitable[Sequence[ObjectStatus]]]


@dataclass(frozen=True, slots=True)
class StatusRules:
    """`own` are those of kinds for which the environment has one."""

    own: Mapping[Kind, KindRule] = field(default_factory=dict)

    async def of(self, objects: Sequence[LiveObject]) -> list[ObjectStatus]:
        """All of a kind are judged together; a rule is not asked of what tells nothing of now."""
        found: dict[int, ObjectStatus] = {}
        left: dict[Kind, list[int]] = {}
        for i, o in enumerate(objects):
            kind = kind_of(o)
            if status := _on_its_way(o) if kind in self.own else status_of_object(o):
                found[i] = status
            else:
                left.setdefault(kind, []).append(i)
        for kind, which in left.items():
            judged = await self.own[kind]([objects[i] for i in which])
            found.update(zip(which, judged, strict=True))
        return [found[i] for i in range(len(objects))]

    async def of_one(self, o: LiveObject) -> ObjectStatus:
        (found,) = await self.of([o])
        return found


def _on_its_way(o: LiveObject) -> ObjectStatus | None:
    if dig(o, "metadata", "deletionTimestamp"):
        return progressing("it is being deleted")
    return progressing(SEEN_LATER) if is_behind(o) else None
