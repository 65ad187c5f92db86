"""Where in a file a step, or an object's first document, has the value of a field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from posixpath import dirname, join, normpath
from typing import Any

from reconciler.errors import Place
from reconciler.explain.paths import look_up
from reconciler.explain.sources import SourceDocument, SourceFiles, pointer
from reconciler.explain.steps import GENERATORS, KustomizationStep, KustomizationSteps
from reconciler.kubernetes.masking import Mask
from reconciler.kubernetes.structure import Shape, Structure
from reconciler.kubernetes.values import ABSENT, Absent, Value, same

PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")


class FieldPlaces:
    """Finds positions; the step's own is as good as it gets where there is no better one."""

    def __init__(
        self,
        sources: SourceFiles,
        kustomizations: Sequence[KustomizationSteps],
        structure: Structure,
        veil: Mask,
    ) -> None:
        self._sources = sources
        self._by_file = {k.file: k for k in kustomizations}
        self._structure = structure
        self._veil = veil

    def of_step(
        self,
        step: KustomizationStep,
        target: Mapping[str, Any],
        path: Sequence[str],
        at: Sequence[str | int],
        value: Value | Absent,
    ) -> Place:
        """Where a step gives a field of an object its value; `at` has the positions of items."""
        entry = self._entry(step)
        documents = list(self._patches(step, entry)) if step.field in PATCHES else []
        for document in _meant(documents, target):
            if isinstance(document.value, list):
                found = _operation(document.value, pointer(*at), value)
                if found is not None:
                    return document.place(found)
            else:
                written, inside = self.look_up(document.value, path)
                if written is not ABSENT:
                    return document.place(inside)
        document = self._by_file[step.file].document
        key = path[-1] if path else ""
        for inside in (pointer("pairs", key), pointer(key)):
            if step.pointer + inside in document.places:
                return document.place(step.pointer + inside)
        if step.field in GENERATORS and path[:1] in (("data",), ("stringData",)):
            return self.of_key(step.file, step.pointer, entry, key)
        return step.place

    def in_patch(
        self,
        step: KustomizationStep,
        path: Sequence[str],
        at: Sequence[str | int],
        value: Value | Absent,
    ) -> Place | None:
        """Where a patch writes this value to this field, if it does; which object it is for is
        not looked at."""
        for document in self._patches(step, self._entry(step)):
            if isinstance(document.value, list):
                found = _operation(document.value, pointer(*at), value)
                if found is not None and _given(document.value, found, pointer(*at)) == value:
                    return document.place(found)
            else:
                written, inside = self.look_up(document.value, path)
                if written is not ABSENT and same(written, value):
                    return document.place(inside)
        return None

    def of_key(self, file: str, at: str, entry: Any, key: str) -> Place:
        """The literal or file of a generator that a key comes from."""
        document = self._by_file[file].document
        for index, literal in enumerate(entry.get("literals") or ()):
            if str(literal).partition("=")[0] == key:
                return document.place(at + pointer("literals", index))
        for index, name in enumerate(entry.get("files") or ()):
            named, equals, path = str(name).partition("=")
            if (named if equals else named.rpartition("/")[2]) == key:
                del index
                return Place(normpath(join(dirname(file), path if equals else named)))
        return document.place(at)

    def look_up(self, value: Any, path: Sequence[str]) -> tuple[Value | Absent, str]:
        """A field of a document, with its pointer."""
        if not isinstance(value, dict):
            return ABSENT, ""
        found, at = look_up(self._veil.object(value), path, self._structure, self._shape(value))
        return found, pointer(*at)

    def _shape(self, value: dict[str, Any]) -> Shape:
        return self._structure.of(str(value.get("apiVersion")), str(value.get("kind")))

    def _entry(self, step: KustomizationStep) -> Any:
        value = self._by_file[step.file].value[step.field]
        return value if step.index is None else value[step.index]

    def _patches(self, step: KustomizationStep, entry: Any) -> Iterator[SourceDocument]:
        folder = dirname(step.file)
        if isinstance(entry, str):
            if "\n" in entry:
                yield from self._sources.of_text(step.file, step.pointer)
            else:
                yield from self._sources.documents(normpath(join(folder, entry)))
        elif isinstance(entry, dict) and isinstance(entry.get("path"), str):
            yield from self._sources.documents(normpath(join(folder, entry["path"])))
        elif isinstance(entry, dict):
            yield from self._sources.of_text(step.file, step.pointer + pointer("patch"))


def _meant(documents: list[SourceDocument], target: Mapping[str, Any]) -> list[SourceDocument]:
    """Of several patches in one file, those for this object."""
    if len(documents) < 2:
        return documents
    name = name_of(target)
    return [d for d in documents if not isinstance(d.value, dict) or name_of(d.value) == name]


def name_of(found: Mapping[str, Any]) -> tuple[Any, Any]:
    metadata = found.get("metadata")
    return found.get("kind"), metadata.get("name") if isinstance(metadata, Mapping) else None


def _operation(operations: Sequence[Any], at: str, value: Value | Absent) -> str | None:
    """The last operation of a JSON patch that writes to this place."""
    found = None
    for index, operation in enumerate(operations):
        path = str(operation.get("path", "")) if isinstance(operation, dict) else ""
        if path.endswith("/-"):
            position, _, inside = at.removeprefix(path[:-1]).partition("/")
            appended = at.startswith(path[:-1]) and position.isdigit()
            if appended and _part(operation.get("value"), inside) == value:
                found = pointer(index)
        elif at == path or at.startswith(path + "/"):
            found = pointer(index)
    return found


def _given(operations: Sequence[Any], found: str, at: str) -> Any:
    """What an operation writes to a place that is at or below its own."""
    operation = operations[int(found.strip("/"))]
    return _part(operation.get("value"), at.removeprefix(str(operation.get("path"))).strip("/"))


def _part(value: Any, inside: str) -> Any:
    for step in filter(None, inside.split("/")):
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict):
            value = value.get(step.replace("~1", "/").replace("~0", "~"))
        else:
            return None
    return value
