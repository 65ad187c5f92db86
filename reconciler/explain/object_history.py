"""What happened to an object, and to one of its fields, on the way to the output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.compare.difference import FieldChange
from reconciler.compare.fields import Comparison
from reconciler.compare.object_lists import identity_of
from reconciler.errors import Place
from reconciler.explain.field_places import FieldPlaces
from reconciler.explain.paths import look_up
from reconciler.explain.steps import KustomizationStep
from reconciler.explain.variants import RenderStage, follow
from reconciler.kubernetes.identity import Identity
from reconciler.kubernetes.masking import Mask
from reconciler.kubernetes.structure import Structure
from reconciler.kubernetes.values import ABSENT, Absent, Value, same


@dataclass(frozen=True, slots=True)
class ObjectEvent:
    """One of these steps did it: one alone, unless the app renders only with several together."""

    steps: tuple[KustomizationStep, ...]
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """A field got a value: where the object begins, or by a step.

    Without either it came from Kustomize itself, from the names that other objects have.
    """

    value: Value | Absent
    place: Place | None = None
    steps: tuple[KustomizationStep, ...] = ()
    by_others: bool = False


@dataclass(frozen=True, slots=True)
class FieldHistory:
    """The settings in their order; `also` would give the same value if the last one did not."""

    path: str
    value: Value
    settings: tuple[Setting, ...]
    also: tuple[Setting, ...] = ()


class ObjectHistory:
    """One object of an app, stage by stage; what is secret is marked alike in all of them."""

    def __init__(
        self,
        stages: Sequence[RenderStage],
        position: int,
        structure: Structure,
        veil: Mask,
    ) -> None:
        self._structure = structure
        self._steps = [stage.steps for stage in stages]
        self._raw = [
            None if at is None else stage.objects[at]
            for stage, at in zip(stages, follow(stages, position), strict=True)
        ]
        self._objects = [None if o is None else veil.object(o) for o in self._raw]

    @property
    def identity(self) -> Identity:
        last = self._objects[-1]
        assert last is not None  # noqa: S101
        return identity_of(last)

    @property
    def last(self) -> Mapping[str, Value]:
        found = self._objects[-1]
        assert found is not None  # noqa: S101
        return found

    def events(self) -> list[ObjectEvent]:
        """The steps that changed the object."""
        found = []
        for number in range(1, len(self._objects)):
            before, after = self._objects[number - 1 : number + 1]
            if before is None or after is None or same(before, after):
                continue
            comparison = Comparison(self._structure)
            comparison.objects(before, after)
            found.append(ObjectEvent(self._steps[number], tuple(comparison.changes)))
        return found

    def settings(self, path: Sequence[str], places: FieldPlaces) -> list[Setting]:
        """Each value that a field had, with the step that gave it."""
        found: list[Setting] = []
        for number, whole in enumerate(self._objects):
            value, at = self.look_up(number, path)
            if found and same(value, found[-1].value):
                continue
            steps = self._steps[number]
            place = None
            if len(steps) == 1 and whole is not None:
                place = places.of_step(steps[0], self._raw[number] or {}, path, at, value)
            found.append(Setting(value, place, steps))
        return found

    def look_up(
        self, number: int, path: Sequence[str]
    ) -> tuple[Value | Absent, tuple[str | int, ...]]:
        whole = self._objects[number]
        if whole is None:
            return ABSENT, ()
        shape = self._structure.of(str(whole.get("apiVersion")), str(whole.get("kind")))
        return look_up(whole, path, self._structure, shape)
