"""What changes in each app between two trees, or between two folders of one app."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reconciler.compare.difference import Difference
from reconciler.compare.objects import compare, namespaces_of
from reconciler.compare.structure import Structure, read_structure
from reconciler.errors import Place, ReconcilerError, RenderError
from reconciler.git.tree import Tree
from reconciler.render.renderer import Render, Renderer

NONE = Difference()


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
    new = _renders(renderer, after, (p.after for p in left), progress)
    files = {name: _differing(render, before, after) for name, render in new.items()}
    # A render that looks at nothing that differs is the same in both trees.
    changed = [p for p in left if p.before != p.after or files[p.name]]
    old = _renders(renderer, before, (p.before for p in changed), progress)
    reader = Reader(renderer)
    found = (
        _app(reader, pair, old.get(pair.before), new.get(pair.after), files.get(pair.after, ()))
        for pair in changed
    )
    return [app for app in found if app.difference or app.change != "changed"]


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
    tree: Tree,
    folders: Iterable[str | None],
    progress: Callable[[Render], None] | None,
) -> dict[str | None, Render]:
    wanted = [folder for folder in folders if folder is not None]
    return {r.path: r for r in renderer.render_all(tree, wanted, progress=progress)}


def _differing(render: Render, before: Tree, after: Tree) -> tuple[str, ...]:
    return tuple(p for p in render.paths if before.look(p).token != after.look(p).token)


class Reader:
    """Reads manifests through the kernel, and asks it for its schema when first needed."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    @cached_property
    def structure(self) -> Structure:
        return read_structure(self._renderer.kernel.structure())

    def objects(self, render: Render | None) -> list[Mapping[str, Any]]:
        if render is None:
            return []
        found: list[Mapping[str, Any]] = json.loads(self._renderer.kernel.objects(render.manifest))
        return found

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
