"""An explanation in lines, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from reconciler.compare.difference import Change, path_text
from reconciler.compare.outline import cut, is_block, scalar
from reconciler.compare.values import ABSENT, Absent, Value, plain
from reconciler.errors import Place
from reconciler.explain.app import ExplainedApp
from reconciler.explain.history import Event, FieldHistory, Setting
from reconciler.explain.origin import Origin
from reconciler.explain.steps import Step

MOST_FIELDS = 6
KUSTOMIZE = "Kustomize itself, from the names that objects get"


def app_lines(app: ExplainedApp) -> Iterator[str]:
    count = len(app.objects)
    yield f"{app.folder or '.'}: {count:,} {'object' if count == 1 else 'objects'}"
    yield from _section(
        "kustomizations, in the order in which they work",
        (f"{k.file}{_steps_of(k.steps)}" for k in app.kustomizations),
    )
    yield from _section(
        "objects, and where each of them begins",
        (
            f"{identity}  {_origin(origin)}"
            for identity, origin in zip(app.objects, app.origins, strict=True)
        ),
    )
    yield from _section("files that are read", app.files)
    yield from _section("looked for, and not there", app.missing)


def _section(title: str, lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield ""
        yield f"{title}:"
        yield from (f"  {cut(line)}" for line in found)


def _steps_of(steps: Sequence[Step]) -> str:
    return f"  {', '.join(dict.fromkeys(step.field for step in steps))}" if steps else ""


def _origin(origin: Origin) -> str:
    return f"{origin.how}: {origin.place}" if origin.place else origin.how


def object_lines(app: ExplainedApp, position: int) -> Iterator[str]:
    history = app.history(position)
    yield str(history.identity)
    yield ""
    yield f"  {_origin(app.origins[position])}"
    for event in history.events():
        yield from _event(event)


def _event(event: Event) -> Iterator[str]:
    yield f"  {_steps(event.steps) if event.steps else KUSTOMIZE}"
    for change in event.changes[:MOST_FIELDS]:
        yield f"      {_change(change)}"
    if len(event.changes) > MOST_FIELDS:
        yield f"      … {len(event.changes) - MOST_FIELDS:,} fields more"


def _steps(steps: Sequence[Step]) -> str:
    """Several stand together where the app does not render with the first of them alone."""
    shown = [f"{step.place} {step}" for step in steps]
    return shown[0] if len(shown) == 1 else f"one of {', '.join(shown)}"


def _change(change: Change) -> str:
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


def field_lines(app: ExplainedApp, position: int, field: FieldHistory) -> Iterator[str]:
    yield str(app.objects[position])
    yield f"{field.path}: {_value(field.value)}"
    yield ""
    yield from (f"  {_setting(setting, app.origins[position])}" for setting in field.settings)
    for setting in field.also:
        yield f"  {_where(setting)}: the same again, if that were not there"


def _setting(setting: Setting, origin: Origin) -> str:
    if setting.place is None and not setting.steps:
        return f"{KUSTOMIZE}: {_value(setting.value)}"
    word = "removed" if setting.value is ABSENT else _value(setting.value)
    if setting.steps:
        return f"{_where(setting)}: {word}"
    return f"{setting.place} {origin.how}: {word}"


def _where(setting: Setting) -> str:
    if setting.place is None:
        return _steps(setting.steps)
    step = setting.steps[0]
    own = "" if _same_line(setting.place, step.place) else f", from {step.place}"
    return f"{setting.place} {step}{own}"


def _same_line(a: Place, b: Place) -> bool:
    return (a.file, a.line) == (b.file, b.line)
