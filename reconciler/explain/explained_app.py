"""An app explained: what it reads, where its objects begin, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from reconciler.compare.object_lists import identity_of
from reconciler.errors import Place
from reconciler.explain.field_places import PATCHES, FieldPlaces
from reconciler.explain.kustomization_chain import KustomizationChain
from reconciler.explain.kustomize_notes import KustomizeNotes
from reconciler.explain.lookup import find_object, no_such_field
from reconciler.explain.object_history import FieldHistory, ObjectHistory, Setting
from reconciler.explain.origin import Origin, find_origin, in_origin
from reconciler.explain.paths import by_keys, parse
from reconciler.explain.sources import SourceFiles
from reconciler.explain.steps import GENERATORS, KustomizationStep
from reconciler.explain.variants import PartialRenders, position_before
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.masking import Mask
from reconciler.kubernetes.structure import Structure, read_structure
from reconciler.kubernetes.values import ABSENT, same
from reconciler.render.renderer import Renderer
from reconciler.trees.pins import PinnedCommit, pins_of
from reconciler.trees.tree import FILE, MISSING, Tree

# Kustomize notes down who changed an object; of these it does not, or not by the kustomization.
NOT_NOTED = ("transformers", "vars")

# So many steps that give a field one value are looked for.
MAX_STEPS_AGAIN = 3


class ExplainedApp:
    """Everything is found out when it is asked for: most of it takes many renders.

    Objects are known by their position in the order in which they were written.
    """

    def __init__(self, renderer: Renderer, tree: Tree, folder: str) -> None:
        self.folder = folder
        self.paths = renderer.render(tree, folder).paths
        self._kernel = renderer.kernel
        self._tree = tree
        self._sources = SourceFiles(self._kernel, tree)
        chain = KustomizationChain(self._sources, folder, self.paths)
        self.kustomizations = chain.kustomizations
        self._notes = KustomizeNotes(self._kernel, folder, chain)
        self._variants = PartialRenders(self._kernel, tree, folder, self.kustomizations)
        self._veil = Mask()

    @property
    def files(self) -> list[str]:
        return [path for path in self.paths if self._tree.look(path).kind == FILE]

    @property
    def pins(self) -> list[PinnedCommit]:
        """The URLs that lead to other commits; what is read there is not among the files."""
        return pins_of(self._tree, self.paths)

    @property
    def missing(self) -> list[str]:
        """What was looked for and is not there; if it comes, the app is rendered again."""
        return [path for path in self.paths if self._tree.look(path).kind == MISSING]

    @cached_property
    def objects(self) -> list[Identity]:
        return [identity_of(self._veil.object(o)) for o in self._annotated]

    @cached_property
    def origins(self) -> list[Origin]:
        """Where each object begins."""
        found = self._annotated
        first = self._variants.first() or found
        before = [position_before(first, found, at) for at in range(len(found))]
        return [
            find_origin(
                *self._notes.origin(o),
                o if at is None else first[at],
                self._sources,
                self.kustomizations,
            )
            for o, at in zip(found, before, strict=True)
        ]

    def find(self, name: str) -> int:
        return find_object(name, self.objects, self.folder)

    def history(self, position: int, *, of_all: bool = False) -> ObjectHistory:
        """What became of an object, by the steps that it went through or by those of all."""
        steps = self._variants.steps if of_all else self._steps_of(position)
        return ObjectHistory(self._variants.stages(steps), position, self._structure, self._veil)

    def field(self, position: int, text: str) -> FieldHistory:
        """Where a field of an object has its value from."""
        path = parse(text)
        history = self.history(position)
        value, reached = history.look_up(-1, path)
        if value is ABSENT:
            above, _ = history.look_up(-1, path[: len(reached)])
            raise no_such_field(self.objects[position], path, len(reached), above)
        settings = self._settings(position, path, history)
        if any(setting.by_others for setting in settings):
            settings = self._settings(position, path, self.history(position, of_all=True))
        return FieldHistory(
            text, value, tuple(settings), tuple(self._again(position, path, settings))
        )

    def written(self, position: int, text: str) -> Place | None:
        """Where a field, or the nearest one around it, is written; items of lists by number.

        Of several patches that write the value the last is believed: only for a text that something
        else than a patch has replaced, such as an image's tag, is it rendered step by step.
        """
        steps = [s for s in reversed(self._steps_of(position)) if s.field in PATCHES]
        found = self._veil.object(self._annotated[position])
        origin = self.origins[position]
        path, at, value = by_keys(found, parse(text), self._structure)
        for reached in range(len(path), 0, -1):
            named, exact = path[:reached], at[:reached]
            for step in steps if reached == len(path) else ():
                if place := self._places.in_patch(step, named, exact, value):
                    return place
            place, there = in_origin(
                origin, named, self._sources, self.kustomizations, self._places
            )
            if place and there is not ABSENT:
                replaced = reached == len(path) and isinstance(value, str) and there != value
                return (self._last_setting(position, text) if replaced else None) or place
        return origin.place

    def _last_setting(self, position: int, text: str) -> Place | None:
        *_, last = self.field(position, text).settings
        return last.steps[0].place if last.steps else last.place

    @cached_property
    def _structure(self) -> Structure:
        return read_structure(self._kernel.structure())

    @cached_property
    def _annotated(self) -> list[Mapping[str, Any]]:
        return [*self._variants.annotated()]

    @cached_property
    def _places(self) -> FieldPlaces:
        return FieldPlaces(self._sources, self.kustomizations, self._structure, self._veil)

    def _steps_of(self, position: int) -> list[KustomizationStep]:
        files = self._notes.changers(self._annotated[position])
        generated = self.objects[position].kind in ("ConfigMap", "Secret")
        others = NOT_NOTED + (GENERATORS if generated else ())
        return [s for s in self._variants.steps if s.file in files or s.field in others]

    def _settings(
        self, position: int, path: Sequence[str], history: ObjectHistory
    ) -> list[Setting]:
        """The settings, the first one with what the object's own document says."""
        first, *rest = history.settings(path, self._places)
        place, written = in_origin(
            self.origins[position], path, self._sources, self.kustomizations, self._places
        )
        if first.value is ABSENT:
            return rest
        beginning = Setting(first.value if written is ABSENT else written, place)
        if place and same(beginning.value, first.value):
            return [beginning, *rest]
        later = first if first.steps else Setting(first.value, by_others=True)
        found = [beginning, later, *rest] if place else [later, *rest]
        return [self._narrowed(position, path, setting) for setting in found]

    def _narrowed(self, position: int, path: Sequence[str], setting: Setting) -> Setting:
        """Of several steps those without which the value is another one, or nothing renders."""
        if len(setting.steps) < 2:
            return setting
        needed: list[KustomizationStep] = []
        unknown: list[KustomizationStep] = []
        for step in setting.steps:
            stages = self._variants.stages((), without=[step])
            if not stages or len(stages[-1].objects) != len(self.objects):
                unknown.append(step)
                continue
            history = ObjectHistory(stages, position, self._structure, self._veil)
            if not same(history.look_up(-1, path)[0], setting.value):
                needed.append(step)
        if len(needed) == 1:
            at = self.history(position).look_up(-1, path)[1]
            place = self._places.of_step(needed[0], {}, path, at, setting.value)
            return Setting(setting.value, place, tuple(needed))
        return Setting(setting.value, steps=tuple(needed or unknown or setting.steps))

    def _again(
        self, position: int, path: Sequence[str], settings: Sequence[Setting]
    ) -> list[Setting]:
        """What else gives the field its value: the steps that do if those known are left out."""
        found: list[Setting] = []
        out = list(settings[-1].steps)
        while out and len(found) < MAX_STEPS_AGAIN:
            steps = [step for step in self._steps_of(position) if step not in out]
            stages = self._variants.stages(steps, without=out)
            if not stages or len(stages[-1].objects) != len(self.objects):
                break
            history = ObjectHistory(stages, position, self._structure, self._veil)
            last = history.settings(path, self._places)[-1]
            if not last.steps or not same(last.value, settings[-1].value):
                break
            found.append(last)
            out += last.steps
        return found
