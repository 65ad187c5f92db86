"""One app rendered again and again, with more and more of its steps."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.errors import RenderError
from reconciler.explain.steps import MARKED, KustomizationStep, KustomizationSteps
from reconciler.render.job import Job
from reconciler.render.jobs_ahead import jobs_ahead
from reconciler.render.kernel_process import Kernel
from reconciler.render.render_options import RenderOptions
from reconciler.trees.edited import EditedTree
from reconciler.trees.tree import Tree, TreeEntry, a_file
from reconciler.trees.worktree import blob_id

# The order of objects is what tells which one became which.
IN_ORDER = RenderOptions(reorder="none")
MAX_JOBS_UNDER_WAY = 16

Object = Mapping[str, Any]
Objects = list[Object]


@dataclass(frozen=True, slots=True)
class RenderStage:
    """The objects once these steps were made, after those of the stage before."""

    steps: tuple[KustomizationStep, ...]
    objects: Objects


class PartialTree(EditedTree):
    """Files of a tree, and of the commits that it pins, with other content."""

    def __init__(self, base: Tree, edits: Mapping[str, bytes | None]) -> None:
        super().__init__(base, {p: c for p, c in edits.items() if "//" not in p})
        self._pinned = {p: c for p, c in edits.items() if c is not None and "//" in p}

    def fetch(self, path: str) -> tuple[TreeEntry, bytes]:
        if path in self._pinned:
            return a_file(blob_id(self._pinned[path])), self._pinned[path]
        return super().fetch(path)


class PartialRenders:
    """Renders of a folder in which some steps are left out."""

    def __init__(
        self, kernel: Kernel, tree: Tree, folder: str, kustomizations: Sequence[KustomizationSteps]
    ) -> None:
        self._kernel = kernel
        self._tree = tree
        self._folder = folder
        self._kustomizations = kustomizations
        self.steps = tuple(step for k in kustomizations for step in k.steps)

    def stages(
        self, steps: Sequence[KustomizationStep], without: Collection[KustomizationStep] = ()
    ) -> list[RenderStage]:
        """From none of these steps to all of them, and then with hashes in the names.

        One that cannot be rendered joins the next that can.
        """
        later = [[*steps[number:], *without] for number in range(len(steps) + 1)]
        found: list[RenderStage] = []
        pending: list[KustomizationStep] = []
        for number, objects in enumerate(self._render_all(later)):
            if number:
                pending.append(steps[number - 1])
            if objects is not None:
                found.append(RenderStage(tuple(pending), objects))
                pending = []
        last = self._objects(self._start(without, hashes=True))
        return found if last is None else [*found, RenderStage(tuple(pending), last)]

    def first(self) -> Objects | None:
        """The objects before any step."""
        return self._objects(self._start(self.steps))

    def annotated(self) -> Objects:
        """The objects with what Kustomize says of their origins and of those who changed them."""
        said = ["originAnnotations", "transformerAnnotations"]
        return self._objects(self._start((), hashes=True, buildMetadata=said)) or []

    def _render_all(
        self, dropped: Sequence[Collection[KustomizationStep]]
    ) -> Iterator[Objects | None]:
        with jobs_ahead(dropped, lambda steps: [self._start(steps)], MAX_JOBS_UNDER_WAY) as jobs:
            for _, (job,) in jobs:
                yield self._objects(job)

    def _start(
        self, dropped: Collection[KustomizationStep], *, hashes: bool = False, **top: Any
    ) -> Job:
        edits: dict[str, bytes | None] = {}
        for k in self._kustomizations:
            own = top if k is self._kustomizations[-1] else {}
            edits[k.file] = k.without(dropped, hashes=hashes, **own)
        return self._kernel.render(PartialTree(self._tree, edits), self._folder, IN_ORDER)

    def _objects(self, job: Job) -> Objects | None:
        try:
            manifest = job.result().manifest
        except RenderError:
            return None
        found: Objects = json.loads(MARKED.sub(b"", self._kernel.objects(manifest)))
        return found


def follow(stages: Sequence[RenderStage], position: int) -> list[int | None]:
    """Where the object that is last at this position is in each stage; None where it is not."""
    found: list[int | None] = [position]
    for earlier, later in zip(stages[-2::-1], stages[:0:-1], strict=True):
        at = found[-1]
        found.append(None if at is None else position_before(earlier.objects, later.objects, at))
    return found[::-1]


def position_before(earlier: Objects, later: Objects, at: int) -> int | None:
    """Kustomize keeps the order; if objects came or went, those of one kind are counted."""
    if len(earlier) == len(later):
        return at
    wanted = later[at]
    if wanted in earlier:
        return earlier.index(wanted)
    for name in (_name, _kind):
        same = [i for i, o in enumerate(earlier) if name(o) == name(wanted)]
        number = [i for i, o in enumerate(later) if name(o) == name(wanted)].index(at)
        if number < len(same):
            return same[number]
    return None


def _name(found: Object) -> tuple[Any, ...]:
    metadata = found.get("metadata") or {}
    return *_kind(found), metadata.get("namespace"), metadata.get("name")


def _kind(found: Object) -> tuple[Any, ...]:
    return found.get("apiVersion"), found.get("kind")
