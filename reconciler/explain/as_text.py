"""An explanation in lines, for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from reconciler.compare.difference import FieldChange, path_text
from reconciler.compare.outline import cut, is_block, scalar
from reconciler.errors import Place
from reconciler.explain.explained_app import ExplainedApp
from reconciler.explain.object_history import FieldHistory, ObjectEvent, Setting
from reconciler.explain.origin import Origin
from reconciler.explain.steps import KustomizationStep
from reconciler.kubernetes.values import ABSENT, Absent, Value, plain

MOST_FIELDS = 6
KUSTOMIZE = "Kustomize itself, from the names that objects get"


class ExplanationText:
    """Writes down what is known of an app; `shown` says how a place is written."""

    def __init__(self, app: ExplainedApp, shown: Callable[[Place], str] = str) -> None:
        self._app = app
        self._shown = shown

    def app(self) -> Iterator[str]:
        app = self._app
        count = len(app.objects)
        yield f"{app.folder or '.'}: {count:,} {'object' if count == 1 else 'objects'}"
        yield from _section(
            "kustomizations, in the order in which they work",
            (f"{self._shown(Place(k.file))}{_fields(k.steps)}" for k in app.kustomizations),
        )
        yield from _section(
            "objects, and where each of them begins",
            (
                f"{identity}  {self._origin(origin)}"
                for identity, origin in zip(app.objects, app.origins, strict=True)
            ),
        )
        yield from _section("files that are read", map(self._file, app.files))
        yield from _section(
            "commits that are read", (f"{pin.commit[:12]}  {pin.url}" for pin in app.pins)
        )
        yield from _section("looked for, and not there", map(self._file, app.missing))

    def object(self, position: int) -> Iterator[str]:
        history = self._app.history(position)
        yield str(history.identity)
        yield ""
        yield f"  {self._origin(self._app.origins[position])}"
        for event in history.events():
            yield from self._event(event)

    def field(self, position: int, field: FieldHistory) -> Iterator[str]:
        yield str(self._app.objects[position])
        yield f"{field.path}: {_value(field.value)}"
        yield ""
        for setting in field.settings:
            yield f"  {self._setting(setting, self._app.origins[position])}"
        for setting in field.also:
            yield f"  {self._where(setting)}: the same again, if that were not there"

    def _file(self, path: str) -> str:
        return self._shown(Place(path))

    def _origin(self, origin: Origin) -> str:
        return f"{origin.how}: {self._shown(origin.place)}" if origin.place else origin.how

    def _event(self, event: ObjectEvent) -> Iterator[str]:
        yield f"  {self._steps(event.steps) if event.steps else KUSTOMIZE}"
        for change in event.changes[:MOST_FIELDS]:
            yield f"      {_change(change)}"
        if len(event.changes) > MOST_FIELDS:
            yield f"      … {len(event.changes) - MOST_FIELDS:,} fields more"

    def _steps(self, steps: Sequence[KustomizationStep]) -> str:
        """Several stand together where the app does not render with the first of them alone."""
        shown = [f"{self._shown(step.place)} {step}" for step in steps]
        return shown[0] if len(shown) == 1 else f"one of {', '.join(shown)}"

    def _setting(self, setting: Setting, origin: Origin) -> str:
        value = "removed" if setting.value is ABSENT else _value(setting.value)
        if setting.steps:
            return f"{self._where(setting)}: {value}"
        if setting.place is None:
            return f"{KUSTOMIZE}: {value}"
        return f"{self._shown(setting.place)} {origin.how}: {value}"

    def _where(self, setting: Setting) -> str:
        if setting.place is None:
            return self._steps(setting.steps)
        step = setting.steps[0]
        same = (setting.place.file, setting.place.line) == (step.place.file, step.place.line)
        own = "" if same else f", from {self._shown(step.place)}"
        return f"{self._shown(setting.place)} {step}{own}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield ""
        yield f"{title}:"
        yield from (f"  {cut(line)}" for line in found)


def _fields(steps: Sequence[KustomizationStep]) -> str:
    return f"  {', '.join(dict.fromkeys(step.field for step in steps))}" if steps else ""


def _change(change: FieldChange) -> str:
    path = cut(path_text(change.path))
    if change.before is ABSENT:
        return f"{path}: {_value(change.after)}"
    if change.after is ABSENT:
        return f"{path}: removed"
    return f"{path}: {_value(change.before)} → {_value(change.after)}"


def _value(value: Value | Absent) -> str:
    if value is ABSENT:
        return "not there"
    if isinstance(value, str):
        return cut(value.replace("\n", " ⏎ ")) if is_block(value) else scalar(value)
    return cut(json.dumps(plain(value), ensure_ascii=False)) if is_block(value) else scalar(value)
