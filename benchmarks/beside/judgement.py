"""What became of a set, judged from what was seen in the cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.beside.audit import Write
from benchmarks.beside.sets import BrokenSet, Mending
from benchmarks.beside.witness import Key, Sight

CLUSTER_KINDS = ("CustomResourceDefinition",)
Seen = Mapping[Key, Sequence[Sight]]


@dataclass(frozen=True, slots=True)
class Phase:
    """The time that a release, or what mends it, had."""

    number: int
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Judge:
    seen: Seen
    writes: Sequence[Write]  # since the broken commit
    tool: str

    def cell(self, one: BrokenSet, broken: Phase, mended: Phase) -> str:
        parts = [self._phase(one, broken, is_mended=False), self._deleted(one, broken)]
        if one.mending is not Mending.nothing:
            after = self._phase(one, mended, is_mended=True)
            parts += [f"mended: {after}", self._deleted(one, mended)]
        parts += self._more(one, broken, mended)
        return "; ".join(part for part in parts if part)

    def _phase(self, one: BrokenSet, phase: Phase, *, is_mended: bool) -> str:
        """How much of what is good was there, and when the last of it came."""
        release = one.release(phase.number)
        wanted = release.names() if is_mended else release.good()
        if not wanted:
            return ""
        number = str(min(phase.number, len(one.releases)))
        times = [self._since(one, phase, name, number) for name in sorted(wanted)]
        there = [at for at in times if at is not None]
        when = f" in {max(there):.0f} s" if there else ""
        return f"{len(there)} of {len(wanted)}{when}"

    def _since(self, one: BrokenSet, phase: Phase, name: str, number: str) -> float | None:
        """When it came in this phase, if it is there at its end; what was there took no time."""
        last = self._at(self._key(one, phase.number, name), phase.ended)
        if not last or not last.uid or last.release != number:
            return None
        first = next(
            s.at
            for s in self.seen[self._key(one, phase.number, name)]
            if s.uid == last.uid and s.release == number
        )
        return max(0.0, first - phase.began)

    def _deleted(self, one: BrokenSet, phase: Phase) -> str:
        """What the release before had, and this one has not."""
        before = phase.number - 1
        release = one.release(phase.number)
        old = {self._key(one, before, n) for n in one.release(before).names()}
        old -= {self._key(one, phase.number, n) for n in release.names()}
        if not old or one.release(before) is release:
            return ""
        last = [self._at(key, phase.ended) for key in old]
        gone = [s.at - phase.began for s in last if s and not s.uid]
        when = f" in {max(gone):.0f} s" if gone else ""
        return f"{len(gone)} of {len(old)} deleted{when}"

    def _more(self, one: BrokenSet, broken: Phase, mended: Phase) -> list[str]:
        match one.name:
            case "renamed" | "moved":
                return [self._downtime(one, broken, mended)]
            case "scaled":
                return self._fight(one, "Deployment/web", broken, mended)
            case "two":
                return self._fight(one, "ConfigMap/both", broken, mended)
            case _:
                return []

    def _downtime(self, one: BrokenSet, broken: Phase, mended: Phase) -> str:
        """How long no pod of either Deployment was available."""
        places = {one.namespace(self.tool, n) for n in (1, 2)}
        mine = [
            s for k, s in self.seen.items() if k[0] in places and k[1].startswith("Deployment/")
        ]
        times = sorted({s.at for sights in mine for s in sights if s.at >= broken.began})
        without = 0.0
        for at, following in zip(times, [*times[1:], mended.ended], strict=True):
            available = sum(_available(sights, at) for sights in mine)
            without += 0 if available else following - at
        return f"no pod for {without:.0f} s"

    def _fight(self, one: BrokenSet, name: str, broken: Phase, mended: Phase) -> list[str]:
        key = self._key(one, 2, name)
        during = [s for s in self.seen[key] if broken.began <= s.at <= mended.ended]
        values = [s.value for s in during]
        changes = sum(a != b for a, b in pairwise(values))
        last = self._at(key, mended.ended)
        kind, _, label = name.partition("/")
        resource = f"{kind.lower()}s"
        mine = [
            w for w in self.writes
            if (w.namespace, w.resource, w.name) == (key[0], resource, label) and w.code < 300
        ]  # fmt: skip
        tools = Counter(w.verb == "delete" for w in mine if w.is_a_tools and not w.is_dry)
        others = sum(not w.is_a_tools and w.subresource == "scale" for w in mine)
        scaled = [f"scaled {others} times by the autoscaler"] if one.name == "scaled" else []
        return [
            f"{changes + bool(values)} changes of its value seen",
            f"written {tools[False]} times",
            *([f"deleted {tools[True]} times"] if tools[True] else []),
            *scaled,
            f"at last {last.value if last and last.uid else 'gone'}",
        ]

    def _key(self, one: BrokenSet, number: int, name: str) -> Key:
        is_everywhere = name.startswith(CLUSTER_KINDS)
        return ("" if is_everywhere else one.namespace(self.tool, number), name)

    def _at(self, key: Key, when: float) -> Sight | None:
        return _last(self.seen.get(key, ()), when)


def _last(sights: Iterable[Sight], when: float) -> Sight | None:
    found = None
    for sight in sights:
        if sight.at <= when:
            found = sight
    return found


def _available(sights: Iterable[Sight], when: float) -> int:
    found = _last(sights, when)
    return found.available if found else 0
