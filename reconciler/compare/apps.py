"""What changes in each app between two trees, or between two folders of one app."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from reconciler.compare.difference import Difference
from reconciler.compare.objects import compare, namespaces_of
from reconciler.compare.structure import Structure, read_structure
from reconciler.errors import Place, ReconcilerError, RenderError
from reconciler.git.tree import Tree
from reconciler.model.layout import KUSTOMIZATION_NAMES
from reconciler.render.process import Job
from reconciler.render.renderer import Render, Renderer

NONE = Difference()
AHEAD = 16


@dataclass(frozen=True, slots=True)
class Pair:
    """The folder of an app before and after; None where there is no such app."""

    before: str | None
    after: str | None

    @property
    def name(self) -> str:
        return self.after if self.after is not None else self.before or ""


@dataclass(frozen=True, slots=True)
class AppDifference:
    """An app that is not the same, or that cannot be rendered to tell."""

    pair: Pair
    difference: Difference = NONE
    files: tuple[str, ...] = ()  # what differs of all that the later render looks at
    failed_before: ReconcilerError | None = None
    failed_after: ReconcilerError | None = None

    @property
    def change(self) -> str:
        if self.failed_before or self.failed_after:
            return "failed"
        if self.pair.before is None:
            return "added"
        return "removed" if self.pair.after is None else "changed"


Sides: TypeAlias = tuple[Pair, Render | None, Render | None]


def same_folders(before: Iterable[str], after: Iterable[str]) -> list[Pair]:
    """An app is the same in two trees if its folder is."""
    old, new = set(before), set(after)
    return [Pair(p if p in old else None, p if p in new else None) for p in sorted(old | new)]


def differences(
    renderer: Renderer,
    before: Tree,
    after: Tree,
    pairs: Sequence[Pair],
    progress: Callable[[Render], None] | None = None,
) -> list[AppDifference]:
    """The apps that differ, in the order of `pairs`; what is known to be equal is not rendered."""
    still = [pair.name for pair in pairs if pair.before == pair.after]
    unchanged = renderer.unchanged(before, after, still)
    left = [p for p in pairs if p.before != p.after or p.name not in unchanged]
    edited = {p for p in left if p.before != p.after or _is_edited(p.name, before, after)}
    sides = [
        side
        for p in left
        for side in ((after, p.after), (before, p.before if p in edited else None))
    ]
    renders = _renders(renderer, sides, progress)
    new = {p: renders.get((after, p.after)) for p in left}
    files = {p: _differing(now, before, after) if now else () for p, now in new.items()}
    # A render that looks at nothing that differs is the same in both trees.
    changed = [p for p in left if p.before != p.after or files[p]]
    others = [(before, p.before) for p in changed if p not in edited]
    renders |= _renders(renderer, others, progress)
    reader = Reader(renderer)
    both = [(p, renders.get((before, p.before)), new[p]) for p in changed]
    found = (_app(reader, *each, files[each[0]]) for each in reader.ahead(both))
    return [app for app in found if app.difference or app.change != "changed"]


def _is_edited(folder: str, before: Tree, after: Tree) -> bool:
    """Is the folder's own kustomization not the same? Then both sides are sure to be needed."""
    paths = [f"{folder}/{name}" for name in KUSTOMIZATION_NAMES]
    return any(before.look(path).token != after.look(path).token for path in paths)


def _app(
    reader: Reader, pair: Pair, was: Render | None, now: Render | None, files: tuple[str, ...]
) -> AppDifference:
    failed = [render.error if render else None for render in (was, now)]
    try:
        difference = reader.compare(was, now, across=pair.before != pair.after)
    except RecursionError:
        difference = NONE
        failed[1] = RenderError(
            "its objects are nested too deeply to be compared",
            where=Place(pair.name),
            hint="look for an object that holds hundreds of levels",
        )
    return AppDifference(pair, difference, files, *failed)


def _renders(
    renderer: Renderer,
    sides: Iterable[tuple[Tree, str | None]],
    progress: Callable[[Render], None] | None,
) -> dict[tuple[Tree, str | None], Render]:
    wanted = [(tree, path) for tree, path in dict.fromkeys(sides) if path is not None]
    return dict(zip(wanted, renderer.render_each(wanted, progress=progress), strict=True))


def _differing(render: Render, before: Tree, after: Tree) -> tuple[str, ...]:
    return tuple(p for p in render.paths if before.look(p).token != after.look(p).token)


class Reader:
    """Reads manifests through the kernel, and asks it for its schema when first needed."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._asked: dict[Render, Job] = {}

    @cached_property
    def structure(self) -> Structure:
        return read_structure(self._renderer.kernel.structure())

    def objects(self, render: Render | None) -> list[Mapping[str, Any]]:
        if render is None:
            return []
        job = self._asked.pop(render, None) or self._renderer.kernel.read_objects(render.manifest)
        found: list[Mapping[str, Any]] = json.loads(job.result())
        return found

    def ahead(self, pairs: Iterable[Sides]) -> Iterator[Sides]:
        """One after the other, while the kernel reads the manifests of the next."""
        waiting: deque[Sides] = deque()
        for each in pairs:
            waiting.append(each)
            if not _equal(*each[1:]) and not _failed(*each[1:]):
                for render in filter(None, each[1:]):
                    self._asked[render] = self._renderer.kernel.read_objects(render.manifest)
            if len(waiting) > AHEAD:
                yield waiting.popleft()
        yield from waiting

    def compare(self, a: Render | None, b: Render | None, *, across: bool = False) -> Difference:
        """Nothing if one of the two failed; two environments as if they had one namespace."""
        if _equal(a, b) or _failed(a, b):
            return NONE
        before, after = self.objects(a), self.objects(b)
        was, now = namespaces_of(before), namespaces_of(after)
        moved = {}
        if across and len(was) == len(now) == 1 and was != now:
            moved = {was.pop(): now.pop()}
        return compare(before, after, self.structure, moved)


def _equal(a: Render | None, b: Render | None) -> bool:
    return a is not None and b is not None and a.manifest == b.manifest


def _failed(a: Render | None, b: Render | None) -> bool:
    return any(render is not None and render.error is not None for render in (a, b))
