"""What changes in each app between two trees, or between two folders of one app."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from reconciler.compare.difference import Difference
from reconciler.compare.object_lists import compare, namespaces_of
from reconciler.errors import Place, ReconcilerError, RenderError
from reconciler.kubernetes.structure import Structure, read_structure
from reconciler.model.paths import KUSTOMIZATION_NAMES
from reconciler.render.job import Job
from reconciler.render.jobs_ahead import jobs_ahead
from reconciler.render.renderer import Render, Renderer
from reconciler.trees.tree import Tree

NONE = Difference()
SEPARATOR = b"---\n"
BETWEEN = re.compile(b"(?<=\n)" + SEPARATOR)
MAX_APPS_UNDER_WAY = 16


@dataclass(frozen=True, slots=True)
class FolderPair:
    """The folder of an app before and after; None where there is no such app."""

    before: str | None
    after: str | None

    @property
    def name(self) -> str:
        return self.after if self.after is not None else self.before or ""


@dataclass(frozen=True, slots=True)
class AppDifference:
    """An app that is not the same, or that cannot be rendered to tell."""

    pair: FolderPair
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


@dataclass(frozen=True, slots=True)
class Sides:
    """The renders of an app, and what differs of all that the later one looks at."""

    pair: FolderPair
    was: Render | None
    now: Render | None
    files: tuple[str, ...]

    @property
    def failed(self) -> list[ReconcilerError | None]:
        return [render.error if render else None for render in (self.was, self.now)]

    @property
    def equal(self) -> bool:
        return bool(self.was and self.now and self.was.manifest == self.now.manifest)


def same_folders(before: Iterable[str], after: Iterable[str]) -> list[FolderPair]:
    """An app is the same in two trees if its folder is."""
    old, new = set(before), set(after)
    return [FolderPair(p if p in old else None, p if p in new else None) for p in sorted(old | new)]


def differences(
    renderer: Renderer,
    before: Tree,
    after: Tree,
    pairs: Sequence[FolderPair],
    progress: Callable[[Render], None] | None = None,
) -> list[AppDifference]:
    """The apps that differ, in the order of `pairs`; what is known to be equal is not rendered."""
    still = [pair.name for pair in pairs if pair.before == pair.after]
    unchanged = renderer.unchanged(before, after, still)
    left = [p for p in pairs if p.before != p.after or p.name not in unchanged]
    reader = Reader(renderer)
    found = {}
    sides = _both_sides(renderer, before, after, left, progress)
    with jobs_ahead(sides, reader.ask, MAX_APPS_UNDER_WAY) as asked:
        for both, jobs in asked:
            found[both.pair] = _app(reader, both, jobs)
    apps = [found[pair] for pair in left if pair in found]
    return [app for app in apps if app.difference or app.change != "changed"]


def _both_sides(
    renderer: Renderer,
    before: Tree,
    after: Tree,
    pairs: Sequence[FolderPair],
    progress: Callable[[Render], None] | None,
) -> Iterator[Sides]:
    """Of each app, once they are there.

    A render that looks at nothing that differs is the same in both trees.
    """
    edited = {p for p in pairs if p.before != p.after or _is_edited(p.name, before, after)}
    sides = [
        side
        for p in pairs
        for side in ((after, p.after), (before, p.before if p in edited else None))
    ]
    early = _Renders(renderer, sides, progress)
    left = []
    for p in pairs:
        now = early.get(after, p.after)
        files = _differing(now, before, after) if now else ()
        if p in edited and (files or p.before != p.after):
            yield Sides(p, early.get(before, p.before), now, files)
        elif files:
            left.append((p, now, files))
    late = _Renders(renderer, [(before, p.before) for p, *_ in left], progress)
    for p, now, files in left:
        yield Sides(p, late.get(before, p.before), now, files)


def _is_edited(folder: str, before: Tree, after: Tree) -> bool:
    """Is the folder's own kustomization not the same? Then both sides are sure to be needed."""
    paths = [f"{folder}/{name}" for name in KUSTOMIZATION_NAMES]
    return any(before.look(path).token != after.look(path).token for path in paths)


def _app(reader: Reader, sides: Sides, jobs: Sequence[Job]) -> AppDifference:
    pair, failed = sides.pair, sides.failed
    try:
        difference = reader.compare(pair, jobs)
    except RecursionError:
        difference = NONE
        failed[1] = RenderError(
            "its objects are nested too deeply to be compared",
            where=Place(pair.name),
            hint="look for an object that holds hundreds of levels",
        )
    return AppDifference(pair, difference, sides.files, *failed)


class _Renders:
    """Renders that are under way; whoever wants one waits for those before it."""

    def __init__(
        self,
        renderer: Renderer,
        sides: Iterable[tuple[Tree, str | None]],
        progress: Callable[[Render], None] | None,
    ) -> None:
        self._wanted = [(tree, path) for tree, path in dict.fromkeys(sides) if path is not None]
        self._coming = renderer.as_rendered(self._wanted)
        self._there: dict[tuple[Tree, str], Render] = {}
        self._progress = progress

    def get(self, tree: Tree, path: str | None) -> Render | None:
        if path is None:
            return None
        while (tree, path) not in self._there:
            number, render = next(self._coming)
            self._there[self._wanted[number]] = render
            if self._progress:
                self._progress(render)
        return self._there[tree, path]


def _differing(render: Render, before: Tree, after: Tree) -> tuple[str, ...]:
    return tuple(p for p in render.paths if before.look(p).token != after.look(p).token)


class Reader:
    """Reads manifests through the kernel, and asks it for its schema when first needed."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    @cached_property
    def structure(self) -> Structure:
        return read_structure(self._renderer.kernel.structure())

    def ask(self, sides: Sides) -> list[Job]:
        """For the objects of both; for nothing if one of them failed."""
        if sides.equal or any(sides.failed):
            return []
        pair = sides.pair
        texts = [render.manifest if render else b"" for render in (sides.was, sides.now)]
        if pair.before == pair.after:
            texts = unlike(*texts)
        return [self._renderer.kernel.read_objects(text) for text in texts]

    def compare(self, pair: FolderPair, jobs: Sequence[Job]) -> Difference:
        """What was asked for; two environments as if they had one namespace."""
        if not jobs:
            return NONE
        before, after = (json.loads(job.result()) for job in jobs)
        was, now = namespaces_of(before), namespaces_of(after)
        moved = {}
        if pair.before != pair.after and len(was) == len(now) == 1 and was != now:
            moved = {was.pop(): now.pop()}
        return compare(before, after, self.structure, moved)


def unlike(before: bytes, after: bytes) -> list[bytes]:
    """Two manifests without the objects that both begin with, and that both end with."""
    was, now = map(BETWEEN.split, (before, after))
    begin = _alike(was, now)
    was, now = was[begin:], now[begin:]
    end = _alike(was[::-1], now[::-1])
    return [SEPARATOR.join(texts[: len(texts) - end]) for texts in (was, now)]


def _alike(a: Sequence[bytes], b: Sequence[bytes]) -> int:
    """How many are the same from the beginning."""
    pairs = enumerate(zip(a, b, strict=False))
    return next((i for i, (x, y) in pairs if x != y), min(len(a), len(b)))
